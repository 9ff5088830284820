// The messages about a result of an experiment: a verdict that was reached, or health that became red. Pure.
import type { Entities } from '../model/environment-state.ts'
import { type NotificationKind, inOrder } from '../model/notification-kind.ts'
import type { StoredResult } from '../model/stored-result.ts'
import { type Hook, type NewDelivery, toDelivery, wants } from './message.ts'

/** The verdicts that end a question. */
const decisive: ReadonlySet<string> = new Set([
  'winner',
  'winners',
  'keep-baseline',
  'practically-equal',
  'guardrail-broken',
])

/**
 * `before`: the newest result of the same goal until now. One of an earlier start says nothing of this one.
 */
export function resultKinds(before: StoredResult | undefined, result: StoredResult): NotificationKind[] {
  const last = before?.window.from === result.window.from ? before : undefined
  const { verdict, health, role } = result
  const isReached =
    role !== 'secondary' &&
    decisive.has(verdict.kind) &&
    JSON.stringify(namedBy(last)) !== JSON.stringify(namedBy(result))
  const isRed = health.status === 'red' && last?.health.status !== 'red'
  return inOrder([
    ...(isRed ? ['experiment.health-red' as const] : []),
    ...(isReached ? ['experiment.verdict' as const] : []),
  ])
}

/** What a verdict decides, without the figures that change with every user. */
function namedBy(result: StoredResult | undefined): unknown {
  if (!result) return undefined
  const { kind, variationId, variationIds } = result.verdict as Record<string, unknown>
  return [kind, variationId, variationIds]
}

interface ResultStored {
  readonly environmentId: string
  readonly experiment: Entities['experiment']
  /** Of the experiment's flag. */
  readonly tags: readonly string[]
  readonly before: StoredResult | undefined
  readonly result: StoredResult
  /** Epoch milliseconds. */
  readonly now: number
  readonly newId: () => string
}

export function resultMessages(
  hooks: Iterable<Hook>,
  { environmentId, experiment, tags, before, result, now, newId }: ResultStored,
): NewDelivery[] {
  const kinds = resultKinds(before, result)
  if (kinds.length === 0) return []
  const { id, name, flagKey } = experiment
  const { goalKey, verdict, health, computedAt, window } = result
  const failed = health.checks.filter(({ status }) => status === 'failed')
  const reason = 'reason' in verdict && typeof verdict.reason === 'string' ? `: ${verdict.reason}` : ''
  const about = `Experiment ${name || id} on flag ${flagKey}`
  const data = {
    environment: environmentId,
    kinds,
    summary:
      kinds[0] === 'experiment.health-red'
        ? `${about} is not to be trusted: ${failed.map(({ name: check, detail }) => `${check}, ${detail}`).join('; ')}`
        : `${about} has a verdict for goal ${goalKey}: ${verdict.kind}${reason}`,
    experiment: { id, name, flagKey },
    goalKey,
    verdict,
    health: { status: health.status, failed },
    computedAt,
    window: { from: window.from, to: window.to },
  }
  const event = { kinds, tags }
  return [...hooks]
    .filter((hook) => wants(hook, event))
    .map((hook) => toDelivery(hook, kinds[0]!, data, now, newId))
}
