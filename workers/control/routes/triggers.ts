// Routes of triggers: secrets that turn one flag on or off without an API token. A secret is sent in a
// header; its URL is for callers that can only be given an address, whose logs then hold it.
import * as z from 'zod'
import { TriggerChanges, TriggerDraft } from '../../../core/change/command.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { slugSource } from '../../../core/model/slug.ts'
import {
  type Trigger,
  type TriggerFiring,
  TriggerSignature,
  isRefusedAgain,
} from '../../../core/model/trigger.ts'
import { sha256Hex, toHex } from '../../http/digest.ts'
import { findTrigger } from '../../storage/entities.ts'
import { findScope } from '../../storage/identity.ts'
import { countFiring, readFirings } from '../../storage/trigger-firings.ts'
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
import { PublicTrigger } from '../api/operation-answers.ts'
import { route } from '../api/route.ts'
import { checkSignature, signedBytesMax } from './trigger-signature.ts'

const resource = {
  kind: 'trigger',
  name: 'trigger',
  plural: 'triggers',
  param: 'id',
  schema: PublicTrigger,
  reading: { schema: PublicTrigger, more: readFirings },
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
  signingSecret: z
    .string()
    .describe(
      'What requests must be signed with. Returned only this once; empty if they need not be signed.',
    ),
})

const Fired = z.strictObject({ revision: z.int(), changed: z.boolean(), published: z.boolean() })
const firing = {
  method: 'POST',
  needs: 'anyone',
  description:
    'Missing triggers, disabled ones and secrets that never existed get the same refusal. Any body is ' +
    'accepted and ignored. If the trigger has a `signature`, its header must hold the HMAC-SHA-256 of the ' +
    `body as it is sent, in hexadecimal, perhaps after \`sha256=\`, and the body has at most ${signedBytesMax} ` +
    'bytes; other requests get 403 and fire nothing. Every firing is counted in the trigger, with what came ' +
    'of the last one. One that finds the flag so already makes no revision.',
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
    body: TriggerDraft.omit({ sha256: true }).extend({
      signature: TriggerSignature.extend({ secret: TriggerSignature.shape.secret.optional() })
        .optional()
        .describe('Without a `secret`, one is made.'),
    }),
    answer: CreatedTrigger,
    status: 201,
    handle: async (call) => {
      const { sha256, ...shown } = await createSecret(call.request, call.params.environment)
      const { signature: wanted, ...draft } = call.body
      const signature = wanted && { ...wanted, secret: wanted.secret ?? newSigningSecret() }
      const trigger = { ...draft, ...(signature && { signature }), sha256 }
      const created = await executeCommand(call, { kind: 'create-trigger', trigger })
      const signingSecret = isDryRun(call.request) ? '' : (signature?.secret ?? '')
      return created.ok ? ok({ ...created.value, ...shown, signingSecret }) : created
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
    summary: 'Replaces the secrets of a trigger, and returns the new ones only this once',
    description: `A new URL, and a new signing secret if requests are signed. ${versionDescription}`,
    query: ChangeQuery,
    answer: CreatedTrigger,
    handle: async (call) => {
      const { environment, id } = call.params
      const { sha256, ...shown } = await createSecret(call.request, environment)
      const secret = newSigningSecret()
      const rotated = await executeCommand(call, {
        kind: 'rotate-trigger',
        id,
        sha256,
        signingSecret: secret,
      })
      if (!rotated.ok) return rotated
      const isSigned = (rotated.value.entity as Partial<Trigger>).signature !== undefined
      return ok({
        ...rotated.value,
        ...shown,
        signingSecret: isSigned && !isDryRun(call.request) ? secret : '',
      })
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
  const signed = trigger.signature ? await checkSignature(trigger.signature, call.request) : ok(undefined)
  if (!signed.ok) return signed
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
  const count = (firing: Omit<TriggerFiring, 'at'>) =>
    countFiring(call.database, environmentId, id, { at: call.now, ...firing })
  if (!fired.ok) {
    const reason = fired.problem.message
    if (isRefusedAgain(trigger, reason)) await count({ outcome: 'refused', reason })
    return fired
  }
  const { revision, changed, published } = fired.value
  if (!changed) await count({ outcome: 'unchanged' })
  return ok({ revision, changed, published })
}

const newSigningSecret = () => toHex(crypto.getRandomValues(new Uint8Array(secretBytes)))

async function createSecret(request: Request, environmentId: string) {
  const token = `tlt_${environmentId}_${toHex(crypto.getRandomValues(new Uint8Array(secretBytes)))}`
  const sha256 = await sha256Hex(token)
  if (isDryRun(request)) return { url: '', token: '', sha256 }
  return { url: new URL(`/api/v1/triggers/${token}`, request.url).href, token, sha256 }
}
