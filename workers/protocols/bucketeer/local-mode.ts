// Builds the definitions that Bucketeer's server SDKs evaluate in local mode. They contain only flags that
// the asking SDK evaluates as we do (local-evaluators.ts); omitted flags are listed with the reason.
import type { Clause } from '../../../core/model/clause.ts'
import { orderedOperators } from '../../../core/model/vocabulary.ts'
import type { Flag } from '../../../core/model/flag.ts'
import type { Segment } from '../../../core/model/segment.ts'
import { segmentsUsedBy } from '../../../core/model/segment-keys.ts'
import { effectiveFlags } from '../../../core/evaluation/panic-mode.ts'
import { dependenciesOf, type Snapshot } from '../../../core/model/snapshot.ts'
import type { FeatureList, SegmentUsers } from './feature.ts'
import { type LocalEvaluator, leastEvaluator } from './local-evaluators.ts'
import { reasonAgainstRules, reasonToOmit, servesNothing } from './omission.ts'
import { toFeature, toSegmentRule } from './to-feature.ts'

export interface Omission {
  readonly flagKey: string
  readonly reason: string
}

/** What is to be known about a clause of a flag that is contained. */
export interface Note extends Omission {
  /** Dotted path inside the flag. */
  readonly field: string
}

export function localMode(
  snapshot: Pick<Snapshot, 'flags' | 'segments' | 'settings'>,
  knows: LocalEvaluator = leastEvaluator,
): {
  list: FeatureList
  omitted: Omission[]
  notes: Note[]
} {
  const { segments } = snapshot
  const flags = effectiveFlags(snapshot)
  const bySegment = new Map(segments.map((segment) => [segment.key, segment]))
  const byFlag = new Map(flags.map((flag) => [flag.key, flag]))
  const reasons = new Map<string, string>()
  for (const flag of flags) {
    const reason = reasonToOmit(flag, byFlag, bySegment, knows)
    if (reason !== undefined) reasons.set(flag.key, reason)
  }
  // Flags that depend on an omitted flag are omitted too, transitively.
  for (let before = -1; before !== reasons.size;) {
    before = reasons.size
    for (const flag of flags) {
      const missing = dependenciesOf(flag).find((key) => reasons.has(key) || !byFlag.has(key))
      if (missing !== undefined && !reasons.has(flag.key))
        reasons.set(flag.key, `depends on ${missing}, which is left out`)
    }
  }
  const included = flags.filter(({ key }) => !reasons.has(key) && !servesNothing(byFlag.get(key)))
  return {
    list: {
      features: included.map(toFeature),
      segmentUsers: segmentUsersOf(snapshot.flags, bySegment, knows),
      segments: [],
    },
    omitted: flags.flatMap(({ key, archived }) => {
      const reason = reasons.get(key)
      return reason === undefined || archived ? [] : [{ flagKey: key, reason }]
    }),
    notes: included.filter(({ archived }) => !archived).flatMap(notesOn),
  }
}

const notesOn = ({ key, rules }: Flag): Note[] =>
  rules.flatMap(({ anyOf }, r) =>
    anyOf.flatMap((group, g) =>
      group.flatMap(({ operator, compareAs }, c) =>
        orderedOperators.has(operator)
          ? [{ flagKey: key, field: `rules.${r}.anyOf.${g}.${c}`, reason: noteOn(compareAs) }]
          : [],
      ),
    ),
  )

const noteOn = (compareAs: Clause['compareAs']) =>
  compareAs === 'bucketeer'
    ? 'keeps Bucketeer’s rule of comparison: a missing attribute is the empty text, and versions have three parts'
    : 'a text such as 18.4.1, 10.10, v9 or 1e3 is compared otherwise by these SDKs: write compareAs bucketeer to have their rule everywhere'

/**
 * The segments that flags use, also flags that are left out or not served at present: an SDK that has a
 * segment then does not lack it when the flag comes back, which need not change the segment or its use. Rules
 * that the SDK does not decide as we do are not given out: only flags that are left out ask for them.
 */
function segmentUsersOf(
  flags: readonly Flag[],
  segments: ReadonlyMap<string, Segment>,
  knows: LocalEvaluator,
): SegmentUsers[] {
  const used = [...new Set(flags.flatMap(segmentsUsedBy))].flatMap((key) => segments.get(key) ?? [])
  return used.flatMap((segment) => {
    const { key, included, anyOf, members, updatedAt } = segment
    if (members) return []
    const isKnown = reasonAgainstRules(segment, segments, knows) === undefined
    return {
      segmentId: key,
      users: included.map((userId) => ({ userId, state: 'INCLUDED' as const, deleted: false })),
      rules: isKnown ? anyOf.map((group, i) => toSegmentRule(group, `${key}:${i}`)) : [],
      updatedAt: Math.floor(updatedAt / 1_000),
    }
  })
}
