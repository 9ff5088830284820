// The published form of an environment, as versioned JSON: everything that edge needs for evaluation. Fields
// are only ever added. A reader that meets a newer `format` keeps the last snapshot it understands.
import type { Flag } from './flag.ts'
import type { Segment } from './segment.ts'
import type { Settings } from './settings.ts'
import { type Operator, operatorFormats } from './vocabulary.ts'

/** The newest snapshot format that this version reads. */
export const snapshotFormat = 1

export type SdkKeyRole = 'client' | 'server'

export interface SnapshotKey {
  readonly id: string
  readonly role: SdkKeyRole
  /** SHA-256 of the key's text, in hexadecimal. */
  readonly sha256: string
  /** The key is refused from then on (epoch milliseconds); absent: never. */
  readonly expiresAt?: number | undefined
  /** The key's text does not name this environment; an entry in KV does. */
  readonly foreign?: true | undefined
  /** What OFREP answers contain (sdk-key.ts); absent: everything. */
  readonly answers?: 'plain' | undefined
}

export interface Snapshot {
  /**
   * The lowest format that a reader has to know. A reader that only knows lower ones keeps its last snapshot.
   */
  readonly format: number
  readonly environmentId: string
  readonly revision: number
  /** Epoch seconds: Last-Modified of the bucketing file. Increases strictly with each change of that file. */
  readonly modifiedAt: number
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
  readonly sdkKeys: readonly SnapshotKey[]
  /** Absent if all settings have their defaults. */
  readonly settings?: Settings | undefined
}

export const defaultSettings: Settings = {
  defaultAllocation: 'percent',
  bucketingFile: 'public',
  requireComment: false,
  enrichContext: false,
  disabledFlags: 'with-value',
  panic: false,
  streams: true,
}

export const settingsOf = ({ settings }: Snapshot): Settings => settings ?? defaultSettings

/**
 * Keeps archived flags only if another flag depends on them. Sorted, so that equal states give equal bytes.
 */
export function buildSnapshot(state: Omit<Snapshot, 'format'>): Snapshot {
  const needed = new Set<string>()
  const byKey = new Map(state.flags.map((flag) => [flag.key, flag]))
  const need = (flag: Flag) => {
    if (needed.has(flag.key)) return
    needed.add(flag.key)
    for (const key of dependenciesOf(flag)) {
      const dependency = byKey.get(key)
      if (dependency) need(dependency)
    }
  }
  for (const flag of state.flags) if (!flag.archived) need(flag)
  const flags = state.flags.filter(({ key }) => needed.has(key)).toSorted(byField('key'))
  return {
    format: formatNeeded({ flags, segments: state.segments }),
    environmentId: state.environmentId,
    revision: state.revision,
    modifiedAt: state.modifiedAt,
    flags,
    segments: state.segments.toSorted(byField('key')),
    sdkKeys: state.sdkKeys.toSorted(byField('id')),
    ...(state.settings && { settings: state.settings }),
  }
}

/**
 * The lowest format whose readers know every operator in use. `formats` says which format introduced an
 * operator.
 */
export function formatNeeded(
  { flags, segments }: Pick<Snapshot, 'flags' | 'segments'>,
  formats: Partial<Record<Operator, number>> = operatorFormats,
): number {
  const rules = [...flags.flatMap((flag) => flag.rules), ...segments]
  const clauses = rules.flatMap(({ anyOf }) => anyOf.flat())
  return clauses.reduce((format, { operator }) => Math.max(format, formats[operator] ?? 1), 1)
}

/**
 * The keys of the flags that must be evaluated before this one: prerequisites, and flags named in `flag-is`
 * clauses.
 */
export function dependenciesOf(flag: Flag): readonly string[] {
  const clauses = flag.rules.flatMap(({ anyOf }) =>
    anyOf.flat().filter(({ operator }) => operator === 'flag-is'),
  )
  return [
    ...new Set([
      ...flag.prerequisites.map(({ flagKey }) => flagKey),
      ...clauses.map(({ attribute }) => attribute),
    ]),
  ]
}

function byField<K extends string>(field: K) {
  return (a: Record<K, string>, b: Record<K, string>) =>
    a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0
}
