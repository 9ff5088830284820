// What needs somebody, the most urgent first. Pure.
import type { StoredResult } from '../../../core/model/stored-result.ts'
import type { Experiment } from '../../../core/model/experiment.ts'
import type { WebhookWithHealth } from '../../../workers/control/api/notification-answers.ts'
import type { Job } from '../../../workers/control/api/report-answers.ts'
import { observe } from '../messages/observe.ts'
import { nameOf, type World } from '../operations/lanes.ts'

const { overview: words } = observe
const staleMs = 30 * 86_400_000

export interface Need {
  readonly key: string
  readonly is: 'failed' | 'warning' | 'planned'
  readonly text: string
  readonly hint: string
  /** Below the environment. */
  readonly path: string
}

interface Found {
  readonly world: World
  readonly results: ReadonlyMap<string, StoredResult>
  readonly jobs: readonly Job[]
  readonly webhooks: readonly WebhookWithHealth[]
}

export function needsOf({ world, results, jobs, webhooks }: Found, now: number): Need[] {
  const { operations, rollouts, schedules, experiments, flags } = world
  const open = (experiment: Experiment) => experiment.status !== 'archived'
  const stale = flags.filter(
    ({ archived, enabled, lastSeenAt, createdAt }) =>
      !archived && enabled && now - (lastSeenAt ?? createdAt) > staleMs,
  )
  return [
    ...operations
      .filter(({ status }) => status === 'fired')
      .map(({ id }) =>
        need('failed', `switch ${id}`, words.fired(id), words.firedHint, 'operations?view=switches'),
      ),
    ...experiments.filter(open).flatMap((experiment) => {
      const result = results.get(experiment.id)
      if (result?.health.status !== 'red') return []
      const failed = result.health.checks.find(({ status }) => status === 'failed')
      return [
        need(
          'failed',
          `experiment ${experiment.id}`,
          words.withheld(nameOf(experiment)),
          failed?.detail ?? '',
          `experiments/${encodeURIComponent(experiment.id)}`,
        ),
      ]
    }),
    ...jobs
      .filter(({ failures }) => failures.length > 0)
      .map(({ job, failures }) => need('failed', `job ${job}`, words.failedJob(job), failures[0]!, 'jobs')),
    ...webhooks
      .filter(({ disabled, health }) => !disabled && health.status === 'failing')
      .map((webhook) =>
        need(
          'failed',
          `webhook ${webhook.id}`,
          words.webhook(nameOf(webhook)),
          webhook.health.lastError ?? '',
          `webhooks?webhook=${encodeURIComponent(webhook.id)}`,
        ),
      ),
    ...schedules
      .filter(({ status }) => status === 'conflict')
      .map((schedule) =>
        need(
          'warning',
          `schedule ${schedule.id}`,
          words.conflict(nameOf(schedule)),
          schedule.conflict?.reason ?? '',
          'operations?view=schedules',
        ),
      ),
    ...rollouts.flatMap((rollout) => {
      const at = (text: string, hint: string) =>
        need('warning', `rollout ${rollout.id}`, text, hint, 'operations?view=rollouts')
      if (rollout.awaitsApproval) return [at(words.approval(nameOf(rollout)), words.approvalHint)]
      return rollout.status === 'paused'
        ? [at(words.paused(nameOf(rollout)), rollout.cause?.reason ?? '')]
        : []
    }),
    ...jobs
      .filter(({ failures, isLate }) => failures.length === 0 && isLate)
      .map(({ job }) => need('warning', `job ${job}`, words.lateJob(job), words.lateHint, 'jobs')),
    ...(stale.length > 0
      ? [need('planned', 'stale', words.stale(stale.length), words.staleHint, 'flags?sort=asked')]
      : []),
  ]
}

const need = (is: Need['is'], key: string, text: string, hint: string, path: string): Need => ({
  is,
  key,
  text,
  hint,
  path,
})
