// Routes of SDK keys, which clients and servers send to edge. A key is returned once, when it is created;
// only its SHA-256 is stored and published.
import * as z from 'zod'
import { SdkKeyChanges, SdkKeyDraft } from '../../../core/change/command.ts'
import { overlapMsMax } from '../../../core/model/limits.ts'
import { ok } from '../../../core/model/problem.ts'
import { sha256Hex } from '../../http/digest.ts'
import { makeSdkKey, sdkKeySecretBytes } from '../../http/sdk-key.ts'
import { readEntity } from '../../storage/entities.ts'
import { PublicSdkKey } from '../api/access-answers.ts'
import { changeAnswer } from '../api/shapes.ts'
import {
  deleteRoute,
  expectedVersion,
  readRoutes,
  updateRoute,
  versionDescription,
} from '../api/entity-routes.ts'
import { executeCommand } from '../api/execute-command.ts'
import { ChangeQuery, isDryRun } from '../api/change-query.ts'
import { route } from '../api/route.ts'

const resource = {
  kind: 'sdkKey',
  name: 'sdk-key',
  plural: 'sdk-keys',
  field: 'sdkKeys',
  param: 'id',
  schema: PublicSdkKey,
  remove: (id: string) => ({ kind: 'delete-sdk-key', id }) as const,
} as const

const path = '/environments/{environment}/sdk-keys'
const CreatedSdkKey = PublicSdkKey.pick({ id: true, role: true, name: true }).extend({
  key: z.string().describe('Returned only this once. Empty in a dry run.'),
  revision: z.int(),
})

export const sdkKeys = [
  ...readRoutes(resource),
  route({
    id: 'create-sdk-key',
    method: 'POST',
    path,
    needs: 'editor',
    summary: 'Creates an SDK key, and returns it only this once',
    query: ChangeQuery,
    body: SdkKeyDraft.omit({ id: true, sha256: true, foreign: true }),
    answer: CreatedSdkKey,
    status: 201,
    handle: async (call) => {
      const { role, name, answers } = call.body
      const { key, sha256 } = await newKey(role, call.params.environment)
      const id = crypto.randomUUID()
      const command = { kind: 'create-sdk-key', key: { id, role, name, answers, sha256 } } as const
      const executed = await executeCommand(call, command)
      if (!executed.ok) return executed
      return ok({ id, role, name, key: isDryRun(call.request) ? '' : key, revision: executed.value.revision })
    },
  }),
  updateRoute({
    ...resource,
    changes: SdkKeyChanges.extend(expectedVersion),
    update: (id, { version, ...changes }) => ({ kind: 'update-sdk-key', id, version, changes }),
  }),
  route({
    id: 'rotate-sdk-key',
    method: 'POST',
    path: `${path}/{id}/rotate`,
    needs: 'editor',
    summary: 'Replaces an SDK key, and returns the new one only this once',
    description: `The old key stays valid for \`overlapMs\`. ${versionDescription}`,
    query: ChangeQuery,
    body: z.strictObject({
      overlapMs: z.int().min(0).max(overlapMsMax).default(0),
      ...expectedVersion,
    }),
    answer: changeAnswer(PublicSdkKey).extend({ key: z.string() }),
    handle: async (call) => {
      const { environment, id } = call.params
      const current = await readEntity(call.database, environment, 'sdkKey', id)
      // the command refuses a missing key
      const { key, sha256 } = await newKey(current?.role ?? 'client', environment)
      const executed = await executeCommand(call, { kind: 'rotate-sdk-key', id, sha256, ...call.body })
      if (!executed.ok) return executed
      return ok({ ...executed.value, key: isDryRun(call.request) ? '' : key })
    },
  }),
  deleteRoute(resource),
]

async function newKey(role: 'client' | 'server', environmentId: string) {
  const key = makeSdkKey(role, environmentId, crypto.getRandomValues(new Uint8Array(sdkKeySecretBytes)))
  return { key, sha256: await sha256Hex(key) }
}
