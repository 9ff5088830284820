// Golden cases: wire compatibility as data. A case has a configuration, HTTP requests and the exact
// responses. Cases run against the routes with ports in memory, and through real workerd.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventRecord } from '../../analytics/records.ts'
import { compile } from '../../core/evaluation/compile.ts'
import { Flag } from '../../core/model/flag.ts'
import type { Holdout } from '../../core/model/holdout.ts'
import type { Layer } from '../../core/model/layer.ts'
import { Segment } from '../../core/model/segment.ts'
import type { Settings } from '../../core/model/settings.ts'
import { buildSnapshot, defaultSettings } from '../../core/model/snapshot.ts'
import { memorySink } from './memory-sink.ts'
import type { Ports } from '../../workers/contracts/ports.ts'

export interface GoldenCase {
  readonly name: string
  /** The section of a specification, a vendor's reference, or the recording it comes from. */
  readonly source: string
  /**
   * Flags and segments as the admin API accepts them. `version` and `archived` are given only if the case is
   * about them.
   */
  readonly given: Given
  /**
   * `{clientKey}`, `{serverKey}` and `{foreignKey}` in a header are replaced by keys. The environment is
   * `shop`.
   */
  readonly when: {
    readonly method: string
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    /** JSON, or the text itself. */
    readonly body?: unknown
  }
  readonly then: {
    readonly status: number
    /** The headers that matter. */
    readonly headers?: Readonly<Record<string, string>>
    /** Absent if nothing is sent. */
    readonly body?: unknown
    /** The records that are sent to the queue. */
    readonly records?: readonly unknown[]
  }
}

export interface Given {
  readonly flags: readonly object[]
  readonly segments?: readonly object[]
  /** By which users are held back. */
  readonly layers?: readonly Layer[]
  readonly holdouts?: readonly Holdout[]
  /** Settings that differ from the default. */
  readonly settings?: Partial<Settings>
}

export interface Keys {
  readonly clientKey: string
  readonly serverKey: string
  readonly foreignKey: string
}

export const goldenEnvironment = 'shop'
/** The time in every case. */
export const goldenNow = Date.UTC(2026, 10, 21, 12)
export const goldenKeys: Keys = {
  clientKey: `tl_client_shop_${'c'.repeat(48)}`,
  serverKey: `tl_server_shop_${'5'.repeat(48)}`,
  foreignKey: `tl_client_elsewhere_${'e'.repeat(48)}`,
}

export function goldenCases(protocol: string): (GoldenCase & { file: string })[] {
  const folder = join(import.meta.dirname, '../golden', protocol)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .flatMap((file) =>
      (JSON.parse(readFileSync(join(folder, file), 'utf8')) as GoldenCase[]).map((each) => ({
        ...each,
        file,
      })),
    )
}

/** The revision after an environment was created with two keys and all given entities. */
export const revisionOf = ({ flags, segments = [], settings }: Given) =>
  3 + flags.length + segments.length + (settings ? 1 : 0)

/** Ports in memory with one environment, and what was sent through them. */
export function memoryPorts({ flags, segments = [], settings, ...holdBacks }: Given): {
  ports: Ports
  sent: EventRecord[]
} {
  const stored = { version: 1, createdAt: 0, updatedAt: 0 }
  const compiled = compile(
    buildSnapshot({
      environmentId: goldenEnvironment,
      revision: revisionOf({ flags, segments, ...(settings && { settings }) }),
      modifiedAt: goldenNow / 1_000 - 60,
      flags: flags.map((flag) => Flag.parse({ ...stored, ...flag })),
      segments: segments.map((segment) => Segment.parse({ ...stored, ...segment })),
      ...holdBacks,
      sdkKeys: [
        { id: 'client', role: 'client', sha256: sha256(goldenKeys.clientKey) },
        { id: 'server', role: 'server', sha256: sha256(goldenKeys.serverKey) },
      ],
      settings: settings && { ...defaultSettings, ...settings },
    }),
  )
  const sent: EventRecord[] = []
  const ports: Ports = {
    snapshots: {
      read: (id) =>
        id === goldenEnvironment ? { status: 'ready', compiled, staleMs: 0 } : { status: 'unknown' },
    },
    foreignKeys: { knows: () => true, environmentOf: () => Promise.resolve({ status: 'unknown' }) },
    limits: { allows: () => true, countRecords: () => undefined },
    events: memorySink((records) => sent.push(...records)),
    assignments: memoryAssignments(),
    defer: (work) => void work,
    feed: { subscribe: () => Promise.resolve(() => {}) },
    exposureSecret: 'golden',
    now: () => goldenNow,
  }
  return { ports, sent }
}

function memoryAssignments(): Ports['assignments'] {
  const kept = new Map<string, Map<string, string>>()
  return {
    read: (_, whos) => Promise.resolve(whos.map((who) => new Map(kept.get(who)))),
    keep: (_, whos, fresh) => {
      for (const who of whos) {
        const known = kept.get(who) ?? new Map<string, string>()
        kept.set(who, known)
        for (const { ruleId, variationId } of fresh) if (!known.has(ruleId)) known.set(ruleId, variationId)
      }
    },
  }
}

export function requestOf({ when }: GoldenCase, url: string, keys: Keys): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(when.headers ?? {}))
    headers.set(
      name,
      value.replaceAll(/\{(\w+Key)\}/g, (_, key: keyof Keys) => keys[key]),
    )
  const { body } = when
  const redirect = 'manual' // compares the redirect itself, not its target
  if (body === undefined) return new Request(url + when.path, { method: when.method, headers, redirect })
  if (!headers.has('content-type')) headers.set('content-type', 'application/json')
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Request(url + when.path, { method: when.method, headers, body: text, redirect })
}

/** The real response in the form of `then`, with keys replaced by their names. */
export async function answerOf(
  response: Response,
  { then }: GoldenCase,
  { clientKey }: Keys = goldenKeys,
): Promise<GoldenCase['then']> {
  const text = (await response.text()).replaceAll(clientKey, '{clientKey}')
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  return {
    status: response.status,
    ...(then.headers && {
      headers: Object.fromEntries(
        Object.keys(then.headers).map((name) => [name, response.headers.get(name) ?? '']),
      ),
    }),
    ...(text !== '' && { body: isJson ? (JSON.parse(text) as unknown) : text }),
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
