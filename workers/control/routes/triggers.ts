// Routes of triggers: secrets that turn one flag on or off without an API token. A secret is sent in a
// header; its URL is for callers that can only be given an address, whose logs then hold it.
import * as z from 'zod'
import { TriggerChanges, TriggerDraft } from '../../../core/change/command.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { slugSource } from '../../../core/model/slug.ts'
import { Trigger } from '../../../core/model/trigger.ts'
import { sha256Hex, toHex } from '../../http/digest.ts'
import { findTrigger } from '../../storage/entities.ts'
import { findScope } from '../../storage/identity.ts'
import { type Call } from '../api/call.ts'
import { bearerToken } from '../auth/identify.ts'
import { changeAnswer } from '../api/shapes.ts'
import {
  deleteRoute,
  expectedVersion,
  readRoutes,
  textFilter,
  updateRoute,
  versionDescription,
} from '../api/entity-routes.ts'
import { executeCommand, toResult } from '../api/execute-command.ts'
import { ChangeQuery, ExperimentQuery, experimentChoiceOf, isDryRun } from '../api/change-query.ts'
import { environmentStub } from '../api/environment-stub.ts'
import { route } from '../api/route.ts'

const PublicTrigger = Trigger.omit({ sha256: true })

const resource = {
  kind: 'trigger',
  name: 'trigger',
  plural: 'triggers',
  param: 'id',
  schema: PublicTrigger,
  filters: { flagKey: textFilter },
  remove: (id: string) => ({ kind: 'delete-trigger', id }) as const,
} as const

const path = '/environments/{environment}/triggers'
const secretBytes = 24
/** A token names its environment, as an SDK key does. */
const pattern = new RegExp(`^tlt_(${slugSource})_[0-9a-f]{48}$`)

const CreatedTrigger = changeAnswer(PublicTrigger).extend({
  url: z.string().describe('`POST` to it fires the trigger. Returned only this once; empty in a dry run.'),
  token: z
    .string()
    .describe(
      'The secret in the URL. `POST /api/v1/triggers` with it in `Authorization: Bearer` fires the trigger too, ' +
        'and leaves it in no log of addresses.',
    ),
})

const Fired = z.strictObject({ revision: z.int(), changed: z.boolean(), published: z.boolean() })
const firing = {
  method: 'POST',
  needs: 'anyone',
  description:
    'Missing triggers, disabled ones and secrets that never existed get the same refusal. Any body is ' +
    'accepted and ignored. Every firing is counted in the trigger, with what came of the last one.',
  query: ExperimentQuery,
  uploads: ['*/*'],
  answer: Fired,
} as const

export const triggers = [
  ...readRoutes(resource),
  route({
    id: 'create-trigger',
    method: 'POST',
    path,
    needs: 'editor',
    summary: 'Creates a trigger, and returns its URL only this once',
    query: ChangeQuery,
    body: TriggerDraft.omit({ sha256: true }),
    answer: CreatedTrigger,
    status: 201,
    handle: async (call) => {
      const { sha256, ...secret } = await createSecret(call.request, call.params.environment)
      const created = await executeCommand(call, {
        kind: 'create-trigger',
        trigger: { ...call.body, sha256 },
      })
      return created.ok ? ok({ ...created.value, ...secret }) : created
    },
  }),
  updateRoute({
    ...resource,
    changes: TriggerChanges.extend(expectedVersion),
    update: (id, { version, ...changes }) => ({ kind: 'update-trigger', id, version, changes }),
  }),
  route({
    id: 'rotate-trigger',
    method: 'POST',
    path: `${path}/{id}/rotate`,
    needs: 'editor',
    summary: 'Replaces the URL of a trigger, and returns the new one only this once',
    description: versionDescription,
    query: ChangeQuery,
    answer: CreatedTrigger,
    handle: async (call) => {
      const { environment, id } = call.params
      const { sha256, ...secret } = await createSecret(call.request, environment)
      const created = await executeCommand(call, { kind: 'rotate-trigger', id, sha256 })
      return created.ok ? ok({ ...created.value, ...secret }) : created
    },
  }),
  deleteRoute(resource),
  route({
    ...firing,
    id: 'fire-trigger',
    path: '/triggers/{token}',
    summary: 'Fires the trigger of this URL',
    handle: (call) => fire(call, call.params.token),
  }),
  route({
    ...firing,
    id: 'fire-trigger-by-header',
    path: '/triggers',
    summary: 'Fires the trigger whose secret is in `Authorization: Bearer`',
    handle: (call) => fire(call, bearerToken(call.request.headers.get('authorization') ?? '') ?? ''),
  }),
]

async function fire(call: Call, token: string): Promise<Result<z.infer<typeof Fired>>> {
  const unknown = refuse('NOT_FOUND', 'there is no such trigger')
  const environmentId = pattern.exec(token)?.[1]
  if (environmentId === undefined) return unknown
  const trigger = await findTrigger(call.database, environmentId, await sha256Hex(token))
  if (!trigger || trigger.disabled) return unknown
  const scope = await findScope(call.database, { environment: environmentId })
  if (scope?.archived !== false) return unknown
  const { id, name } = trigger
  const fired = toResult(
    await environmentStub(call, environmentId).execute({
      environmentId,
      command: { kind: 'fire-trigger', id },
      actor: { kind: 'trigger', id, name },
      origin: call.caller.origin,
      comment: `trigger ${name || id}`,
      mode: 'make',
      experiment: experimentChoiceOf(call.request),
    }),
  )
  if (!fired.ok) return fired
  const { revision, entity, published } = fired.value
  const changed = (entity as Trigger).lastFiring?.outcome === 'changed'
  return ok({ revision, changed, published })
}

async function createSecret(request: Request, environmentId: string) {
  const token = `tlt_${environmentId}_${toHex(crypto.getRandomValues(new Uint8Array(secretBytes)))}`
  const sha256 = await sha256Hex(token)
  if (isDryRun(request)) return { url: '', token: '', sha256 }
  return { url: new URL(`/api/v1/triggers/${token}`, request.url).href, token, sha256 }
}
