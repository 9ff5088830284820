// SDK keys: what clients and servers show at edge. Their text is shown once; its SHA-256 travels in the
// snapshot.
import * as z from 'zod'
import { SdkKeyChanges, SdkKeyDraft } from '../../../core/change/command.ts'
import { overlapMsMax } from '../../../core/model/limits.ts'
import { ok } from '../../../core/model/problem.ts'
import { SdkKey } from '../../../core/model/sdk-key.ts'
import { sha256Hex } from '../../http/digest.ts'
import { makeSdkKey, sdkKeySecretBytes } from '../../http/sdk-key.ts'
import { readEntity } from '../../storage/entities.ts'
import { changedOf } from '../api/shapes.ts'
import { deleteRoute, readRoutes, updateRoute, versionHelp } from '../api/entity-routes.ts'
import { executeCommand, isTry } from '../api/execute.ts'
import { route } from '../api/route.ts'

const Shown = SdkKey.omit({ sha256: true, previous: true }).extend({
  previous: z
    .strictObject({ expiresAt: z.int() })
    .optional()
    .describe('Set after a rotation: until then (epoch milliseconds) the old key is good too.'),
})

const subject = {
  kind: 'sdkKey',
  name: 'sdk-key',
  plural: 'sdk-keys',
  field: 'sdkKeys',
  param: 'id',
  schema: Shown,
} as const

const path = '/environments/{environment}/sdk-keys'
const Made = Shown.pick({ id: true, role: true, name: true }).extend({
  key: z.string().describe('Shown this once. Empty in a dry run.'),
  revision: z.int(),
})

export const sdkKeys = [
  ...readRoutes(subject),
  route({
    id: 'create-sdk-key',
    method: 'POST',
    path,
    needs: 'editor',
    summary: 'Makes an SDK key; its text is shown this once',
    body: SdkKeyDraft.omit({ id: true, sha256: true, foreign: true }),
    answer: Made,
    status: 201,
    handle: async (call) => {
      const { role, name, answers } = call.body
      const { key, sha256 } = await newKey(role, call.params.environment)
      const id = crypto.randomUUID()
      const command = { kind: 'create-sdk-key', key: { id, role, name, answers, sha256 } } as const
      const executed = await executeCommand(call, command)
      if (!executed.ok) return executed
      return ok({ id, role, name, key: isTry(call.request) ? '' : key, revision: executed.value.revision })
    },
  }),
  updateRoute({ ...subject, changes: SdkKeyChanges }),
  route({
    id: 'rotate-sdk-key',
    method: 'POST',
    path: `${path}/{id}/rotate`,
    needs: 'editor',
    summary: 'Gives an SDK key a new text, shown this once; the old one stays good for `overlapMs`',
    description: versionHelp,
    body: z.strictObject({
      overlapMs: z.int().min(0).max(overlapMsMax).default(0),
      version: z.int().optional(),
    }),
    answer: changedOf(Shown).extend({ key: z.string() }),
    handle: async (call) => {
      const { environment, id } = call.params
      const current = await readEntity(call.database, environment, 'sdkKey', id)
      // one that is not there is refused for itself
      const { key, sha256 } = await newKey(current?.role ?? 'client', environment)
      const executed = await executeCommand(call, { kind: 'rotate-sdk-key', id, sha256, ...call.body })
      if (!executed.ok) return executed
      return ok({ ...executed.value, key: isTry(call.request) ? '' : key })
    },
  }),
  deleteRoute(subject),
]

async function newKey(role: 'client' | 'server', environmentId: string) {
  const key = makeSdkKey(role, environmentId, crypto.getRandomValues(new Uint8Array(sdkKeySecretBytes)))
  return { key, sha256: await sha256Hex(key) }
}
