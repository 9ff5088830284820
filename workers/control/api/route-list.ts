// All routes of the admin API. A new file in routes/ is added here; the router, the OpenAPI document and the
// authorisation tests use this list.
import { assignments } from '../routes/assignments.ts'
import { audit } from '../routes/audit.ts'
import { backup } from '../routes/backup.ts'
import { document } from '../routes/document.ts'
import { environments } from '../routes/environments.ts'
import { experimentPlan } from '../routes/experiment-plan.ts'
import { experiments } from '../routes/experiments.ts'
import { caller } from '../routes/caller.ts'
import { flagInsight } from '../routes/flag-insight.ts'
import { flagRows } from '../routes/flag-rows.ts'
import { flags } from '../routes/flags.ts'
import { goals } from '../routes/goals.ts'
import { holdouts } from '../routes/holdouts.ts'
import { imports } from '../routes/import.ts'
import { installation } from '../routes/installation.ts'
import { jobs } from '../routes/jobs.ts'
import { keyApprovals } from '../routes/key-approvals.ts'
import { layers } from '../routes/layers.ts'
import { members } from '../routes/members.ts'
import { dynamicAllocations } from '../routes/dynamic-allocations.ts'
import { operations } from '../routes/operations.ts'
import { organisations } from '../routes/organisations.ts'
import { portability } from '../routes/portability.ts'
import { projects } from '../routes/projects.ts'
import { reports } from '../routes/reports.ts'
import { requestReport } from '../routes/request-report.ts'
import { revisions } from '../routes/revisions.ts'
import { progressiveRollouts } from '../routes/progressive-rollouts.ts'
import { schedules } from '../routes/schedules.ts'
import { sdkKeys } from '../routes/sdk-keys.ts'
import { segmentMembers } from '../routes/segment-members.ts'
import { segments } from '../routes/segments.ts'
import { settings } from '../routes/settings.ts'
import { tags } from '../routes/tags.ts'
import { tokens } from '../routes/tokens.ts'
import { triggers } from '../routes/triggers.ts'
import { deliveries } from '../routes/deliveries.ts'
import { webhooks } from '../routes/webhooks.ts'
import type { Route } from './route.ts'

/** By section of the OpenAPI document, in its order. */
export const routesBySection = {
  flags: [...flags, ...flagRows, ...flagInsight],
  segments: [...segments, ...segmentMembers],
  assignments,
  goals,
  experiments: [...experiments, ...experimentPlan],
  operations,
  reports,
  requestReport,
  jobs,
  triggers,
  schedules,
  progressiveRollouts,
  dynamicAllocations,
  layers,
  holdouts,
  tags,
  webhooks: [...webhooks, ...deliveries],
  settings,
  'sdk-keys': sdkKeys,
  revisions,
  audit,
  configuration: [...document, ...imports],
  portability,
  environments,
  projects,
  organisations,
  members,
  installation,
  backup,
  caller,
  tokens,
  'key-approvals': keyApprovals,
} as const satisfies Record<string, readonly Route[]>

export const routes: readonly Route[] = Object.values(routesBySection).flat()
