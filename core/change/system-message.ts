// The messages about what nobody did: a job of the runner that fails, a flag that users meet no more. Pure.
import { sha256OfText } from '../hash/sha-256.ts'
import type { EnvironmentState } from '../model/environment-state.ts'
import { type NewDelivery, toDelivery, wants } from './message.ts'

/** What was found. Times are in epoch milliseconds. */
export type Finding =
  | {
      readonly kind: 'job.failed'
      readonly job: string
      /** When the first of the runs that failed began. */
      readonly since: number
      readonly runs: number
      readonly failures: readonly string[]
    }
  | { readonly kind: 'flag.stale'; readonly flagKey: string; readonly lastSeenAt: number }

/**
 * One for each webhook that wants to hear of it. Its id is made of what was found, so that telling it again
 * adds nothing.
 */
export function systemMessages(
  state: EnvironmentState,
  environmentId: string,
  finding: Finding,
  now: number,
): NewDelivery[] {
  const told = describe(state, finding)
  if (!told) return []
  const { kind, ...about } = finding
  const kinds = [kind]
  const data = { environment: environmentId, kinds, summary: told.summary, ...about }
  const id = sha256OfText(JSON.stringify([environmentId, kind, told.incident]))
  return [...state.webhook.values()]
    .filter((hook) => wants(hook, { kinds, tags: told.tags }))
    .map((hook) => toDelivery(hook, kind, data, now, () => id))
}

interface Told {
  readonly summary: string
  readonly tags: readonly string[]
  /** The same for all that is told of one incident. */
  readonly incident: readonly (string | number)[]
}

function describe(state: EnvironmentState, finding: Finding): Told | undefined {
  if (finding.kind === 'job.failed') {
    const { job, since, runs, failures } = finding
    const when = runs === 1 ? `at ${dateOf(since)}` : `${runs} times in a row, since ${dateOf(since)}`
    const summary = `Job ${job} of the runner failed ${when}: ${failures[0] ?? ''}`
    return { summary, tags: [], incident: [job, since] }
  }
  const { flagKey, lastSeenAt } = finding
  const flag = state.flag.get(flagKey)
  if (!flag || flag.archived) return undefined
  const summary = `Flag ${flagKey} may be stale: no user was reported to have met it since ${dateOf(lastSeenAt)}.`
  return { summary, tags: flag.tags ?? [], incident: [flagKey, lastSeenAt] }
}

const dateOf = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
