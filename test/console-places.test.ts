// Every route of the admin API has a place in the console, or a reason why not.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { routes } from '../workers/control/api/route-list.ts'
import { changedBy } from './support/console-journeys.ts'

/** By file of `console/src`: the routes that it calls. */
const places: Readonly<Record<string, readonly string[]>> = {
  'api/client.ts': ['list-environments'],
  'api/entities.ts': [
    'list-experiments',
    'read-experiment',
    'list-goals',
    'list-segments',
    'list-schedules',
    'list-triggers',
    'list-sdk-keys',
    'list-progressive-rollouts',
    'list-operations',
    'list-webhooks',
    'list-verdicts',
    'list-results',
    'list-jobs',
    'report-intake',
    'list-layers',
    'list-holdouts',
    'list-dynamic-allocations',
  ],
  'api/flag-queries.ts': ['list-attributes', 'list-attribute-values'],
  'api/live.ts': ['read-published'],
  'api/queries.ts': ['read-caller', 'list-flag-rows', 'read-flag', 'read-settings', 'report-portability'],
  'audience/dependents.tsx': ['list-segment-dependents', 'list-goal-dependents'],
  'audience/goal-form.tsx': ['create-goal', 'update-goal'],
  'audience/goal.tsx': ['read-goal', 'delete-goal', 'report-goal-events'],
  'audience/segment-form.tsx': ['create-segment', 'update-segment'],
  'audience/segment.tsx': [
    'read-segment',
    'delete-segment',
    'test-segment-member',
    'download-segment-members',
  ],
  'audience/upload-members.tsx': ['replace-segment-members', 'add-segment-members', 'remove-segment-members'],
  'experiments/actions.tsx': [
    'start-experiment',
    'freeze-experiment',
    'advance-experiment',
    'stop-experiment',
    'archive-experiment',
    'delete-experiment',
  ],
  'experiments/checks.tsx': ['check-experiment'],
  'experiments/computed.tsx': ['download-result'],
  'experiments/form.tsx': ['create-experiment', 'update-experiment'],
  'experiments/planner.tsx': ['plan-experiment'],
  'flags/bulk.tsx': ['update-flags'],
  'flags/compared.ts': ['read-audit-of-environment'],
  'flags/create-flag.tsx': ['create-flag'],
  'flags/debugger.tsx': ['evaluate'],
  'flags/history.tsx': ['list-flag-history', 'roll-back-flag'],
  'flags/review.tsx': ['update-flag'],
  'flags/settings.tsx': ['clone-flag', 'delete-flag', 'list-flag-dependents'],
  'flags/usage.tsx': ['report-flag-exposures'],
  'frame/create-environment.tsx': ['create-environment'],
  'observe/propagation.tsx': ['report-propagation', 'list-revisions'],
  'observe/audit-trail.ts': ['list-audit-of-environment', 'list-audit-of-organisation'],
  'observe/audit-entry.tsx': ['read-audit-of-organisation'],
  'observe/requests.tsx': ['report-requests'],
  'observe/snapshot-size.tsx': ['read-snapshot-size'],
  'operations/rollout-form.tsx': ['create-progressive-rollout', 'update-progressive-rollout'],
  'operations/allocation-form.tsx': ['create-dynamic-allocation', 'update-dynamic-allocation'],
  'operations/allocations.tsx': [
    'pause-dynamic-allocation',
    'resume-dynamic-allocation',
    'stop-dynamic-allocation',
    'delete-dynamic-allocation',
  ],
  'operations/schedule-form.tsx': ['create-schedule', 'update-schedule'],
  'operations/switch-form.tsx': ['create-operation', 'update-operation'],
  'operations/tables.tsx': [
    'arm-operation',
    'delete-operation',
    'approve-progressive-rollout',
    'pause-progressive-rollout',
    'resume-progressive-rollout',
    'stop-progressive-rollout',
    'step-back-progressive-rollout',
    'roll-back-progressive-rollout',
    'delete-progressive-rollout',
    'execute-schedule',
    'cancel-schedule',
    'delete-schedule',
    'update-trigger',
    'rotate-trigger',
    'delete-trigger',
  ],
  'operations/trigger-form.tsx': ['create-trigger'],
  'pages/history.tsx': ['roll-back'],
  'setup/copy-flags.tsx': ['copy-flag'],
  'setup/deliveries.tsx': ['list-deliveries', 'redeliver', 'test-webhook'],
  'setup/edit-environment.tsx': ['update-environment'],
  'setup/keys.tsx': ['create-sdk-key', 'update-sdk-key', 'rotate-sdk-key', 'delete-sdk-key'],
  'setup/member-form.tsx': ['create-member', 'update-member', 'remove-member'],
  'setup/organisation.ts': ['list-members', 'list-tokens'],
  'setup/serving-form.tsx': ['update-settings'],
  'setup/edit-project.tsx': ['update-project'],
  'setup/settings.tsx': ['read-project'],
  'setup/tags.tsx': ['list-tags', 'update-tag', 'delete-tag'],
  'setup/tokens.tsx': ['create-token', 'update-token', 'rotate-token'],
  'setup/forget-users.tsx': ['forget-assignments'],
  'setup/webhook-form.tsx': ['create-webhook', 'update-webhook'],
  'setup/webhooks.tsx': ['rotate-webhook', 'delete-webhook'],
  'hold-backs/allot-form.tsx': ['allot-slices'],
  'hold-backs/holdout-form.tsx': ['create-holdout', 'update-holdout'],
  'hold-backs/release-form.tsx': ['release-held'],
  'hold-backs/holdouts.tsx': ['end-holdout', 'delete-holdout'],
  'hold-backs/layer-form.tsx': ['create-layer', 'update-layer'],
  'hold-backs/layers.tsx': ['release-slices', 'delete-layer'],
  'transfer/page.tsx': ['export-environment'],
  'transfer/send-import.ts': [
    'apply-document',
    'import-bucketeer',
    'import-flagship-io',
    'import-flagd',
    'import-cloudflare',
  ],
}

/** Where a file takes parts of its calls from elsewhere. */
const tables: Readonly<Record<string, string>> = {
  'audience/upload-members.tsx': 'messages/audience.ts',
  'transfer/send-import.ts': 'transfer/source-of.ts',
  'observe/audit-entry.tsx': 'observe/audit-trail.ts',
}
const shared = [
  'audience/entity-page.tsx',
  'change/entity-dialog.tsx',
  'operations/actions.tsx',
  // last: the others take it, too
  'change/remove-action.ts',
]

/** What a file asks for: its own text, with that of the parts that make requests for several files. */
function sourceOf(file: string): string {
  const read = (each: string) => readFileSync(join(import.meta.dirname, '../console/src', each), 'utf8')
  const table = tables[file]
  let text = read(file) + (table === undefined ? '' : read(table))
  for (const each of shared) if (text.includes(`/${each.split('/').at(-1)}'`)) text += read(each)
  return text
}

const without: Readonly<Record<string, readonly string[]>> = {
  'the list holds the same entity': [
    'list-flags',
    'read-operation',
    'read-trigger',
    'read-schedule',
    'read-progressive-rollout',
    'read-layer',
    'read-holdout',
    'read-dynamic-allocation',
    'read-tag',
    'read-webhook',
    'read-delivery',
    'read-sdk-key',
    'read-environment',
    'read-organisation',
  ],
  'another route says the same, and more': [
    'read-flag-usage',
    'reorder-rules',
    'create-tag',
    'list-tag-dependents',
  ],
  'only the runner and alarms call it': [
    'store-result',
    'store-operation-looks',
    'store-progressive-rollout-looks',
    'store-holdout-looks',
    'store-dynamic-allocation-looks',
    'confirm-progressive-rollout',
    'move-dynamic-allocation',
    'take-lease',
    'report-job',
    'apply-schedule',
    'apply-operation',
  ],
  'others call it, with a secret instead of a role': ['fire-trigger', 'fire-trigger-by-header'],
  'for backups, by the command line': [
    'read-backup-heads',
    'read-backup-rows',
    'read-backup-assignments',
    'restore-backup-rows',
    'restore-backup-members',
    'restore-backup-assignments',
    'restore-environment',
    'read-backup-members',
    'publish-anew',
  ],
  'for who operates the installation, by the command line': [
    'read-installation',
    'list-organisations',
    'create-organisation',
    'update-organisation',
    'create-project',
    'list-projects',
    'list-key-approvals',
    'create-key-approval',
    'delete-key-approval',
  ],
}

it('every route is named once', () => {
  const named = [...Object.values(places), ...Object.values(without)].flat()
  expect(named.toSorted()).toEqual(routes.map(({ id }) => id).toSorted())
})

const placed = Object.entries(places).flatMap(([file, ids]) => ids.map((id) => [id, file] as const))

it.each(placed)('%s is called in console/src/%s', (id, file) => {
  const route = routes.find((each) => each.id === id)!
  const source = sourceOf(file)
  // what names the route: the last part of its path that is no parameter
  const part = route.path.split('/').findLast((each) => !each.startsWith('{'))!
  const names = new RegExp(`(?<![\\w-])${part}(?![\\w-])`)
  expect(source).toMatch(part === 'environments' ? /environments|pathOf\(id\)/ : names)
  if (route.method !== 'GET') expect(source).toMatch(new RegExp(`'${route.method}'|\\b${route.method}: `))
})

/** Changes that no journey makes, by why not. */
const unmade: Readonly<Record<string, readonly string[]>> = {
  'a kill switch has fired only on evidence of the runner': ['arm-operation'],
  'something was sent only to an address on the internet': ['redeliver'],
  'the form is that of flagd’s files': ['import-bucketeer', 'import-cloudflare', 'import-flagship-io'],
}

it('every change is made by a journey through the console on a real stack', () => {
  const asked = new Set<string>(Object.values(changedBy).flat())
  const named = new Set(placed.map(([id]) => id))
  expect([...asked].filter((id) => !named.has(id))).toEqual([])
  const changes = routes.filter(({ id, method }) => named.has(id) && method !== 'GET').map(({ id }) => id)
  const left = changes.filter((id) => !asked.has(id))
  expect(left.toSorted()).toEqual(Object.values(unmade).flat().toSorted())
})
