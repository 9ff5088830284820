// The model that the soak with kills compares a stack with: what was asked of it, and what it acknowledged.

export type Protocol = 'bucketeer' | 'flagship-io' | 'ofrep'
export const protocols: readonly Protocol[] = ['bucketeer', 'flagship-io', 'ofrep']

/** A request without an answer may have been done or not: it was only asked for. */
type Outcome = 'unsent' | 'asked' | 'acknowledged'

/**
 * One user of the experiment: exposed once, with one goal of a value that no other user has. A goal from
 * before the exposure is none of the experiment.
 */
export interface Visitor {
  readonly id: string
  readonly protocol: Protocol
  readonly variationId: string
  readonly value: number
  /** Epoch milliseconds: of the exposure, and of the goal. */
  readonly at: number
  readonly goalAt: number
  exposure: Outcome
  goal: Outcome
}

export interface Ledger {
  /**
   * Descriptions of each flag in the order in which they were asked for; the index of the last
   * acknowledged.
   */
  readonly flags: Map<string, { readonly asked: string[]; acknowledged: number }>
  readonly goals: { readonly asked: Set<string>; readonly acknowledged: Set<string> }
  readonly visitors: Visitor[]
  /** Several lanes make visitors at once; each takes a number of its own. */
  nextVisitor: number
  acknowledgedChanges: number
  newestRevision: number
}

export const newLedger = (): Ledger => ({
  flags: new Map(),
  goals: { asked: new Set(), acknowledged: new Set() },
  visitors: [],
  nextVisitor: 1,
  acknowledgedChanges: 0,
  newestRevision: 0,
})

export interface StoredState {
  readonly flags: readonly { readonly key: string; readonly description: string }[]
  readonly goals: readonly { readonly key: string }[]
  /** Newest first. */
  readonly revisions: readonly number[]
}

/** Sentences; none if the state is one that the ledger allows. */
export function changesLost(ledger: Ledger, stored: StoredState): string[] {
  const findings: string[] = []
  const newest = stored.revisions[0] ?? 0
  if (newest < ledger.newestRevision)
    findings.push(`revision ${ledger.newestRevision} was acknowledged, the newest is ${newest}`)
  if (stored.revisions.some((number, i) => number !== newest - i)) findings.push('a revision is missing')
  for (const [key, { asked, acknowledged }] of ledger.flags) {
    const description = stored.flags.find((flag) => flag.key === key)?.description ?? ''
    const at = description === '' ? -1 : asked.lastIndexOf(description)
    if (at < acknowledged || (description !== '' && at < 0))
      findings.push(`${key} has ${JSON.stringify(description)}, but ${asked[acknowledged]} was acknowledged`)
  }
  const keys = stored.goals.map(({ key }) => key)
  for (const key of ledger.goals.acknowledged) if (!keys.includes(key)) findings.push(`goal ${key} is lost`)
  for (const key of keys.filter((each) => each.startsWith('soak-')))
    if (!ledger.goals.asked.has(key)) findings.push(`goal ${key} was never asked for`)
  if (new Set(keys).size !== keys.length) findings.push('a goal is there twice')
  return findings
}

export interface Counts {
  readonly users: number
  readonly conversions: number
}

const key = (kind: 'exposure' | 'tracking', id: string) => `${kind} ${id}`

/** Acknowledged events that are not in the lake. `lake`: records of any number of copies. */
export function eventsLost(
  { visitors }: Ledger,
  lake: readonly { readonly kind: string; readonly targetingKey: string }[],
): string[] {
  const present = new Set(lake.map(({ kind, targetingKey }) => `${kind} ${targetingKey}`))
  return visitors.flatMap(({ id, exposure, goal }) => [
    ...(exposure === 'acknowledged' && !present.has(key('exposure', id)) ? [`the exposure of ${id}`] : []),
    ...(goal === 'acknowledged' && !present.has(key('tracking', id)) ? [`the goal of ${id}`] : []),
  ])
}

/**
 * What the project's queries must count, by variation: each acknowledged event once, and each that was only
 * asked for once if it is in the lake.
 */
export function expectedCounts(
  { visitors }: Ledger,
  lake: readonly { readonly kind: string; readonly targetingKey: string }[],
): Map<string, Counts> {
  const present = new Set(lake.map(({ kind, targetingKey }) => `${kind} ${targetingKey}`))
  const counts = new Map<string, Counts>()
  for (const { id, variationId, at, goalAt } of visitors) {
    if (!present.has(key('exposure', id))) continue
    const { users, conversions } = counts.get(variationId) ?? { users: 0, conversions: 0 }
    const isConverted = goalAt >= at && present.has(key('tracking', id))
    counts.set(variationId, {
      users: users + 1,
      conversions: conversions + (isConverted ? 1 : 0),
    })
  }
  return counts
}
