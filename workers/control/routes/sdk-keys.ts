// SDK keys: what clients and servers show at edge. Their text is shown once; its SHA-256 travels in the snapshot.
import * as z from 'zod'
import { nameLengthMax } from '../../../core/limits.ts'
import { ok } from '../../../core/problem.ts'
import { sha256Hex } from '../../http/digest.ts'
import { makeSdkKey, sdkKeySecretBytes } from '../../http/sdk-key.ts'
import { listSdkKeys } from '../../storage/lists.ts'
import { executeCommand } from '../execute.ts'
import { route } from '../route.ts'

const SdkKeyRole = z.enum(['client', 'server'])
const SdkKey = z.strictObject({ id: z.string(), role: SdkKeyRole, name: z.string(), createdAt: z.int() })

export const sdkKeys = [
  route({
    id: 'list-sdk-keys',
    method: 'GET',
    path: '/environments/{environment}/sdk-keys',
    needs: 'viewer',
    summary: 'All SDK keys of an environment, without their text',
    answer: z.strictObject({ sdkKeys: z.array(SdkKey) }),
    handle: async ({ database, params }) => ok({ sdkKeys: await listSdkKeys(database, params.environment) }),
  }),
  route({
    id: 'create-sdk-key',
    method: 'POST',
    path: '/environments/{environment}/sdk-keys',
    needs: 'editor',
    summary: 'Makes an SDK key; its text is shown this once',
    body: z.strictObject({ role: SdkKeyRole, name: z.string().max(nameLengthMax).default('') }),
    answer: SdkKey.omit({ createdAt: true }).extend({ key: z.string(), revision: z.int() }),
    status: 201,
    handle: async (call) => {
      const { role, name } = call.body
      const secret = crypto.getRandomValues(new Uint8Array(sdkKeySecretBytes))
      const key = makeSdkKey(role, call.params.environment, secret)
      const id = crypto.randomUUID()
      const stored = { id, role, name, sha256: await sha256Hex(key) }
      const executed = await executeCommand(call, { kind: 'create-sdk-key', key: stored })
      return executed.ok ? ok({ id, role, name, key, revision: executed.value.revision }) : executed
    },
  }),
]
