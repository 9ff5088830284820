// The published form of an environment, as versioned JSON: everything that edge needs for evaluation. Fields
// are only ever added. A reader that meets a newer `format` keeps the last snapshot it understands.
import { attributeSplitting } from './bucket-by.ts'
import type { Experiment } from './experiment.ts'
import type { Flag } from './flag.ts'
import type { Segment } from './segment.ts'
import { type HoldBackSource, holdBacksOf, withHoldBacks } from './hold-back.ts'
import type { Settings } from './settings.ts'
import { segmentsIn } from './segment-keys.ts'
import { visitDependenciesFirst } from './visit-dependencies.ts'
import type { Clause } from './clause.ts'
import { operatorFormats, orderedOperators } from './vocabulary.ts'

/** The newest snapshot format that this version reads. */
export const snapshotFormat = 3

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

/** A running experiment on a rollout of its flag. */
export interface SnapshotExperiment {
  readonly id: string
  readonly name: string
  readonly ruleId: string
}

export interface SnapshotFlag extends Flag {
  /** Sorted by id; absent if none runs. It decides nothing: answers say whose rollout they come from. */
  readonly experiments?: readonly SnapshotExperiment[] | undefined
}

export interface Snapshot {
  /**
   * The lowest format that a reader has to know. A reader that only knows lower ones keeps its last
   * snapshot.
   */
  readonly format: number
  readonly environmentId: string
  readonly revision: number
  /**
   * Epoch seconds: Last-Modified of the bucketing file. Increases strictly with each change of that file.
   */
  readonly modifiedAt: number
  readonly flags: readonly SnapshotFlag[]
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
export function buildSnapshot(
  state: Omit<Snapshot, 'format'> & {
    readonly experiments?: readonly Experiment[]
  } & Partial<HoldBackSource>,
): Snapshot {
  const byKey = new Map(state.flags.map((flag) => [flag.key, flag]))
  const needed = new Set<string>()
  visitDependenciesFirst(
    state.flags.filter(({ archived }) => !archived),
    (flag) => dependenciesOf(flag).flatMap((key) => byKey.get(key) ?? []),
    ({ key }) => needed.add(key),
  )
  const running = Map.groupBy(
    (state.experiments ?? []).filter(({ status }) => status === 'running').toSorted(byField('id')),
    ({ flagKey }) => flagKey,
  )
  const holdBacks = holdBacksOf({ layers: state.layers ?? [], holdouts: state.holdouts ?? [] })
  const flags = state.flags
    .filter(({ key }) => needed.has(key))
    .map(({ valueSchema: _, ...stored }) => {
      const holding = holdBacks.get(stored.key)
      const flag = holding ? withHoldBacks(stored, holding) : stored
      const experiments = running.get(flag.key)?.map(({ id, name, ruleId }) => ({ id, name, ruleId }))
      return experiments ? { ...flag, experiments } : flag
    })
    .toSorted(byField('key'))
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

/** Readers of format 1 read segments without the segments that their rules ask for. */
const nestedSegmentsFormat = 2
/** Readers of format 1 split every rollout by targeting key. */
const bucketByFormat = 2

/**
 * The lowest format whose readers decide all of this as it is meant. `formats` says which format introduced
 * an operator.
 */
export function formatNeeded(
  { flags, segments }: Pick<Snapshot, 'flags' | 'segments'>,
  formats: Partial<Record<string, number>> = operatorFormats,
): number {
  const rules = [...flags.flatMap((flag) => flag.rules), ...segments]
  const clauses = rules.flatMap(({ anyOf }) => anyOf.flat())
  return Math.max(
    segments.some(({ anyOf }) => segmentsIn(anyOf).length > 0) ? nestedSegmentsFormat : 1,
    flags.some((flag) => attributeSplitting(flag) !== undefined) ? bucketByFormat : 1,
    ...new Set(clauses.map((clause) => Math.max(formats[clause.operator] ?? 1, fieldsFormat(clause)))),
  )
}

/**
 * The format of what a clause says beside its operator. Readers of format 1 compare in order as Bucketeer
 * does, negate nothing, read no structures, and know fewer patterns.
 */
function fieldsFormat({ attribute, operator, values, ignoreCase, compareAs, negated }: Clause): number {
  const isNew =
    negated === true ||
    attribute === 'targetingKey' ||
    (attribute === 'id' && operator !== 'flag-is') ||
    (attribute.includes('.') && operator !== 'flag-is') ||
    (orderedOperators.has(operator) && compareAs !== 'bucketeer') ||
    (operator === 'matches' && (ignoreCase === true || values.some((value) => /\(\?i\)|\\b/i.test(value))))
  return isNew ? 2 : 1
}

/**
 * The keys of the flags that must be evaluated before this one: prerequisites, and flags named in `flag-is`
 * clauses.
 */
export function dependenciesOf({ prerequisites, rules }: Flag): readonly string[] {
  let keys: string[] | undefined
  for (let i = 0; i < prerequisites.length; i++) (keys ??= []).push(prerequisites[i]!.flagKey)
  // By index: interpreted, as in a new isolate, `for of` makes an object for each step.
  for (let i = 0; i < rules.length; i++) {
    const { anyOf } = rules[i]!
    for (let j = 0; j < anyOf.length; j++) {
      const group = anyOf[j]!
      for (let k = 0; k < group.length; k++) {
        const { operator, attribute } = group[k]!
        if (operator === 'flag-is') (keys ??= []).push(attribute)
      }
    }
  }
  return keys ? [...new Set(keys)] : noKeys
}
const noKeys: readonly string[] = []

function byField<K extends string>(field: K) {
  return (a: Record<K, string>, b: Record<K, string>) =>
    a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : 0
}
