// Flag triggers: secret addresses that turn one flag on or off. Whoever holds one needs no token.
import * as z from 'zod'
import { TriggerChanges, TriggerDraft } from '../../../core/change/command.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { Trigger } from '../../../core/model/trigger.ts'
import { sha256Hex, toHex } from '../../http/digest.ts'
import { findTrigger } from '../../storage/entities.ts'
import { findPlace } from '../../storage/identity.ts'
import { changedOf } from '../api/shapes.ts'
import { aText, deleteRoute, readRoutes, updateRoute, versionHelp } from '../api/entity-routes.ts'
import { executeCommand, isTry, objectOf, toResult } from '../api/execute.ts'
import { route } from '../api/route.ts'

const Shown = Trigger.omit({ sha256: true })

const subject = {
  kind: 'trigger',
  name: 'trigger',
  plural: 'triggers',
  param: 'id',
  schema: Shown,
  filters: { flagKey: aText },
} as const

const path = '/environments/{environment}/triggers'
const secretBytes = 24
/** Names its environment, as an SDK key does. */
const pattern = /^tlt_([a-z0-9][a-z0-9-]{0,39})_[0-9a-f]{48}$/

const Made = changedOf(Shown).extend({
  url: z.string().describe('`POST` here fires it. Shown this once; empty in a dry run.'),
})

export const triggers = [
  ...readRoutes(subject),
  route({
    id: 'create-trigger',
    method: 'POST',
    path,
    needs: 'editor',
    summary: 'Makes a trigger; its address is shown this once',
    body: TriggerDraft.omit({ sha256: true }),
    answer: Made,
    status: 201,
    handle: async (call) => {
      const { url, sha256 } = await newAddress(call.request, call.params.environment)
      const made = await executeCommand(call, { kind: 'create-trigger', trigger: { ...call.body, sha256 } })
      return made.ok ? ok({ ...made.value, url }) : made
    },
  }),
  updateRoute({ ...subject, changes: TriggerChanges }),
  route({
    id: 'rotate-trigger',
    method: 'POST',
    path: `${path}/{id}/rotate`,
    needs: 'editor',
    summary: 'Gives a trigger a new address, shown this once; the old one is dead at once',
    description: versionHelp,
    answer: Made,
    handle: async (call) => {
      const { environment, id } = call.params
      const { url, sha256 } = await newAddress(call.request, environment)
      const made = await executeCommand(call, { kind: 'rotate-trigger', id, sha256 })
      return made.ok ? ok({ ...made.value, url }) : made
    },
  }),
  deleteRoute(subject),
  route({
    id: 'fire-trigger',
    method: 'POST',
    path: '/triggers/{token}',
    needs: 'anyone',
    summary: 'Fires the trigger of this address',
    description: 'A trigger that is not there, or is disabled, is not told from an address that nobody made.',
    answer: z.strictObject({ revision: z.int(), changed: z.boolean(), published: z.boolean() }),
    handle: async (call) => {
      const unknown = refuse('NOT_FOUND', 'there is no such trigger')
      const environmentId = pattern.exec(call.params.token)?.[1]
      if (environmentId === undefined) return unknown
      const trigger = await findTrigger(call.database, environmentId, await sha256Hex(call.params.token))
      if (!trigger || trigger.disabled) return unknown
      const place = await findPlace(call.database, { environment: environmentId })
      if (place?.archived !== false) return unknown
      const { id, name } = trigger
      const fired = toResult(
        await objectOf(call, environmentId).execute({
          environmentId,
          command: { kind: 'fire-trigger', id },
          actor: { kind: 'trigger', id, name },
          origin: call.caller.origin,
          comment: `trigger ${name || id}`,
          mode: 'make',
        }),
      )
      if (!fired.ok) return fired
      const { revision, changed, published } = fired.value
      return ok({ revision, changed, published })
    },
  }),
]

async function newAddress(request: Request, environmentId: string) {
  const token = `tlt_${environmentId}_${toHex(crypto.getRandomValues(new Uint8Array(secretBytes)))}`
  const url = new URL(`/api/v1/triggers/${token}`, request.url).href
  return { url: isTry(request) ? '' : url, sha256: await sha256Hex(token) }
}
