// Judges what the runner said against what SDKs were told. Pure: sentences; none if all is well.
import type { RunEvent } from '../../batch/run-event.ts'
import { exitCodes } from '../../batch/failure.ts'
import { noEventsExitCode } from '../../batch/exit-code.ts'
import type { Counts } from '../soak/ledger.ts'
import type { Run } from './runner.ts'

type EventOf<Kind extends RunEvent['kind']> = Extract<RunEvent, { kind: Kind }>
const eventsOf = <Kind extends RunEvent['kind']>({ events }: Run, kind: Kind) =>
  events.filter((event): event is EventOf<Kind> => event.kind === kind)

/** That a run under faults may end with: what can be tried again. */
const codesUnderFaults: readonly (number | null)[] = [
  0,
  noEventsExitCode,
  exitCodes['api-unreachable'],
  exitCodes['lake-unreachable'],
  exitCodes.job,
]

/** Of a run under faults: every failure has a name, and every job an outcome. */
export function judgeRun(run: Run, isKilled: boolean, environmentId: string): string[] {
  const { order, exitCode, errors } = run
  if (exitCode === null) return isKilled ? [] : [`${order} was ended: ${errors.trim()}`]
  const findings: string[] = []
  const failures = eventsOf(run, 'failed')
  if (!codesUnderFaults.includes(exitCode)) findings.push(`${order} ended with ${exitCode}: ${errors.trim()}`)
  if (/\n\s+at /.test(errors)) findings.push(`${order} printed a stack: ${errors.trim()}`)
  if (failures.some(({ failure }) => failure.message.trim() === '')) findings.push('a failure has no name')
  const isNamed = failures.length > 0 || exitCode === 0 || exitCode === noEventsExitCode
  if (!isNamed) findings.push(`${order} ended with ${exitCode} and named no failure`)
  if (order === 'all' && failures.every(({ subject }) => subject !== ''))
    findings.push(...jobsWithoutOutcome(run, environmentId))
  const missing = eventsOf(run, 'damaged').filter(({ object }) => !object.isCounted)
  for (const { result, goalKey } of eventsOf(run, 'concluded'))
    if (missing.length > 0 && result.health.status !== 'red')
      findings.push(`${goalKey} is ${result.health.status}, although ${missing[0]!.object.key} is damaged`)
  return findings
}

/** The environment has one experiment with one goal, and one operation. */
function jobsWithoutOutcome({ events }: Run, environmentId: string): string[] {
  const isFailed = (id: string) =>
    events.some((event) => event.kind === 'failed' && event.subject.split('/').slice(0, 2).join('/') === id)
  const isWholeFailed = isFailed(environmentId)
  const has = (...kinds: RunEvent['kind'][]) => events.some(({ kind }) => kinds.includes(kind))
  const isConcluded = has('concluded', 'no-events', 'not-started') || isFailed(`${environmentId}/experiment`)
  const isWatched = has('watched', 'applied') || isFailed(`${environmentId}/operation`)
  return [
    ...(isConcluded || isWholeFailed ? [] : ['the experiment has no outcome']),
    ...(isWatched || isWholeFailed ? [] : ['the operation has no outcome']),
  ]
}

/**
 * Of a run without faults, of this environment: it counted exactly this. `watched`: the operation's
 * variation.
 */
export function judgeCounts(
  run: Run,
  environmentId: string,
  expected: ReadonlyMap<string, Pick<Counts, 'users' | 'conversions'>>,
  watched: string,
): string[] {
  const isOwn = (event: { readonly environmentId: string }) => event.environmentId === environmentId
  const variations = eventsOf(run, 'concluded').find(isOwn)?.result.variations ?? []
  const counted = variations.filter(({ users }) => users > 0).map(countsOf)
  const wanted = [...expected].map(([variationId, counts]) => countsOf({ variationId, ...counts }))
  const findings: string[] = []
  if (text(counted) !== text(wanted))
    findings.push(`the experiment counted ${text(counted)}, must be ${text(wanted)}`)
  const facts = eventsOf(run, 'watched').find(isOwn)?.facts
  const { users, conversions } = expected.get(watched) ?? { users: 0, conversions: 0 }
  if (facts?.exposedUsers !== users || facts.goalUsers !== conversions)
    findings.push(`the operation counted ${JSON.stringify(facts)}, must be ${users} and ${conversions}`)
  return findings
}

/** Of a run without faults over all environments: it said nothing but what it did. */
export function judgeQuiet(run: Run): string[] {
  const troubles = run.events.filter(({ kind }) =>
    ['failed', 'damaged', 'skipped', 'overtaken'].includes(kind),
  )
  const isDone = run.exitCode === 0 || run.exitCode === noEventsExitCode
  return [
    ...(isDone ? [] : [`${run.order} ended with ${run.exitCode}: ${run.errors.trim()}`]),
    ...troubles.map((event) => `${run.order} said ${JSON.stringify(event)}`),
  ]
}

interface VariationCounts {
  readonly variationId: string
  readonly users: number
  readonly conversions: number
}
const countsOf = ({ variationId, users, conversions }: VariationCounts) => [variationId, users, conversions]
const text = (counts: readonly unknown[][]) => JSON.stringify(counts.map((each) => each.join(' ')).toSorted())
