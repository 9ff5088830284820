// The published form of an environment: all that the data plane decides from, as versioned JSON. Fields are only ever added; a reader
// that meets a newer `format` keeps the last snapshot it understands.
import type { Flag } from './flag.ts'
import type { Segment } from './segment.ts'
import type { Settings } from './settings.ts'

export const snapshotFormat = 1

export type SdkKeyRole = 'client' | 'server'

export interface SnapshotKey {
  readonly id: string
  readonly role: SdkKeyRole
  /** Hexadecimal SHA-256 of the key's text. */
  readonly sha256: string
  /** Epoch milliseconds from which the key is refused; absent: never. */
  readonly expiresAt?: number | undefined
  /** Its text does not name this environment: a name of its own in KV does. */
  readonly foreign?: true | undefined
  /** What its clients are answered over OFREP; absent: everything. */
  readonly answers?: 'plain' | undefined
}

export interface Snapshot {
  readonly format: number
  readonly environmentId: string
  readonly revision: number
  /** Epoch seconds: Last-Modified of the bucketing file; strictly increasing with each change of that file. */
  readonly modifiedAt: number
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
  readonly sdkKeys: readonly SnapshotKey[]
  /** Absent where every setting is as it is by default. */
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

/** Archived flags stay only where a live flag still depends on them; the order is by key, so that equal states give equal bytes. */
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
  return {
    format: snapshotFormat,
    environmentId: state.environmentId,
    revision: state.revision,
    modifiedAt: state.modifiedAt,
    flags: state.flags.filter(({ key }) => needed.has(key)).toSorted(byField('key')),
    segments: state.segments.toSorted(byField('key')),
    sdkKeys: state.sdkKeys.toSorted(byField('id')),
    ...(state.settings && { settings: state.settings }),
  }
}

/** Keys of the flags that must be decided before this one: prerequisites, and flags that its rules ask for. */
export function dependenciesOf(flag: Flag): readonly string[] {
  const asked = flag.rules.flatMap(({ anyOf }) =>
    anyOf.flat().filter(({ operator }) => operator === 'flag-is'),
  )
  return [
    ...new Set([
      ...flag.prerequisites.map(({ flagKey }) => flagKey),
      ...asked.map(({ attribute }) => attribute),
    ]),
  ]
}

function byField<K extends string>(field: K) {
  return (a: Record<K, string>, b: Record<K, string>) =>
    a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0
}
