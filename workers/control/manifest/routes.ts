// OpenFeature's Manifest Management API 0.1.0, for its command line: what flags there are and what their
// defaults in code are. An environment is reached under its own path, which is the provider's URL; or under
// the root, by a token of that environment alone. Declared and let in like every route of the admin API, but
// with refusals in the manifest's form, and so not in our own document.
import type { Context } from 'hono'
import * as z from 'zod'
import { FlagDraft } from '../../../core/model/flag-draft.ts'
import type { Flag } from '../../../core/model/flag.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { sha256Hex } from '../../http/digest.ts'
import { parseWith } from '../../http/parse.ts'
import { loadEnvironment } from '../../storage/configuration.ts'
import { openDatabase } from '../../storage/database.ts'
import { readEntity } from '../../storage/entities.ts'
import { findToken } from '../../storage/identity.ts'
import { may } from '../auth/access.ts'
import type { Problem } from '../api/shapes.ts'
import type { ControlBindings } from '../bindings.ts'
import { dispatch } from '../api/dispatch.ts'
import { type Changed, executeCommand } from '../api/execute.ts'
import {
  ManifestChanges,
  ManifestDraft,
  ManifestFlag,
  toChanges,
  toDraft,
  toManifestFlag,
  typeOf,
} from './manifest.ts'
import type { Call } from '../api/call.ts'
import { type Route, route } from '../api/route.ts'

const root = '/openfeature/v0/manifest'
const base = `/environments/{environment}${root}` as const
const one = `${base}/flags/{key}` as const

const Envelope = z.strictObject({ flags: z.array(ManifestFlag) })
const Answer = z.strictObject({ flag: ManifestFlag, updatedAt: z.iso.datetime() })
const Archived = z.strictObject({ message: z.string(), archivedAt: z.iso.datetime() })

export const manifestRoutes: readonly Route[] = [
  route({
    id: 'read-manifest',
    method: 'GET',
    path: base,
    needs: 'viewer',
    summary: 'Every flag that is not archived',
    answer: Envelope,
    handle: async (call) => {
      const { environment } = call.params
      const stored = await loadEnvironment(call.database, environment)
      if (!stored) return refuse('NOT_FOUND', `there is no environment ${environment}`)
      const flags = [...stored.state.flag.values()].filter(({ archived }) => !archived)
      return answer(call, { flags: flags.flatMap((flag) => toManifestFlag(flag) ?? []) }, 200)
    },
  }),
  route({
    id: 'create-manifest-flag',
    method: 'POST',
    path: `${base}/flags`,
    needs: 'editor',
    summary: 'Makes a flag',
    body: ManifestDraft,
    answer: Answer,
    status: 201,
    handle: async (call) => {
      const { key } = call.body
      const held = await readEntity(call.database, call.params.environment, 'flag', key)
      if (held)
        return conflict(
          `Flag "${key}" ${held.archived ? 'is archived: restore it, or choose another key.' : 'exists.'}`,
        )
      const draft = parseWith(FlagDraft, toDraft(call.body))
      if (!draft.ok) return draft
      return changed(call, await executeCommand(call, { kind: 'create-flag', flag: draft.value }), 201)
    },
  }),
  route({
    id: 'update-manifest-flag',
    method: 'PUT',
    path: one,
    needs: 'editor',
    summary: 'Changes name, description or default of a flag',
    body: ManifestChanges,
    answer: Answer,
    handle: async (call) => {
      const { key, type } = call.body
      if (key !== call.params.key) return flawed('INVALID', 'Flag key in path and payload must match.')
      const held = await liveFlag(call)
      if (!held.ok) return held
      const is = typeOf(held.value) ?? 'float'
      if (is !== type) return conflict(`Flag type cannot be changed from ${is} to ${type}.`, 'type')
      const changes = toChanges(held.value, call.body, () => crypto.randomUUID())
      const command = { kind: 'update-flag', key, version: held.value.version, changes } as const
      return changed(call, await executeCommand(call, command), 200)
    },
  }),
  route({
    id: 'archive-manifest-flag',
    method: 'DELETE',
    path: one,
    needs: 'editor',
    summary: 'Archives a flag',
    answer: Archived,
    handle: async (call) => {
      const held = await liveFlag(call)
      if (!held.ok) return held
      const { key, version } = held.value
      const command = { kind: 'update-flag', key, version, changes: { archived: true } } as const
      const executed = await executeCommand(call, command)
      if (!executed.ok) return executed
      const { updatedAt } = executed.value.entity as Flag
      const message = `Flag "${key}" archived. Restore it in the console if needed.`
      return answer(call, { message, archivedAt: new Date(updatedAt).toISOString() }, 200)
    },
  }),
]

const flawed = (code: 'INVALID' | 'CONFLICT', message: string, path = 'key') =>
  refuse(code, message, { fields: [{ path, message }] })
const conflict = (message: string, path?: string) => flawed('CONFLICT', message, path)

async function liveFlag({ database, params }: Call<typeof one>): Promise<Result<Flag>> {
  const { environment, key } = params
  const flag = await readEntity(database, environment, 'flag', key)
  if (!flag) return refuse('NOT_FOUND', `Flag "${key}" was not found.`)
  return flag.archived ? conflict(`Flag "${key}" is archived: restore it first.`) : ok(flag)
}

function changed(call: Call, executed: Result<Changed>, status: number): Result<never> | Response {
  if (!executed.ok) return executed
  const flag = executed.value.entity as Flag
  return answer(
    call,
    { flag: toManifestFlag(flag), updatedAt: new Date(flag.updatedAt).toISOString() },
    status,
  )
}

/** Every answer says what its caller may do here. */
function answer({ caller, place }: Call, body: object, status: number): Response {
  const capabilities = may(caller, 'editor', place) ? 'read,write,delete' : 'read'
  const headers = { 'x-manifest-capabilities': capabilities, 'cache-control': 'no-store' }
  return Response.json(body, { status, headers })
}

export async function dispatchManifest(
  declared: Route,
  c: Context<{ Bindings: ControlBindings }>,
): Promise<Response> {
  const response = await dispatch(declared, c)
  return response.ok ? response : inManifestForm((await response.json()) as Problem, response.headers)
}

function inManifestForm({ detail, status, errors = [] }: Problem, headers?: Headers): Response {
  const details = errors.map(({ path, rule, message }) => ({
    field: path,
    ...(rule && { code: rule }),
    message,
  }))
  const retryAfter = headers?.get('retry-after')
  return Response.json(
    { error: { message: detail, status, details } },
    { status, headers: retryAfter ? { 'retry-after': retryAfter } : {} },
  )
}

/** A request to the root, as one to the environment that its token is for. */
export async function fromRoot(request: Request, env: ControlBindings): Promise<Request | Response> {
  const url = new URL(request.url)
  const text = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const { token } = text === undefined ? {} : await findToken(openDatabase(env.DB), await sha256Hex(text), {})
  const [environment, ...others] = token?.environments ?? []
  if (token && (environment === undefined || others.length > 0)) {
    const detail = `This token is not of one environment: use ${url.origin}/api/v1/environments/{environment} as the provider URL.`
    return inManifestForm({ type: '', title: '', status: 400, code: 'INVALID', detail })
  }
  url.pathname = `/api/v1/environments/${environment ?? 'none'}${url.pathname}`
  return new Request(url, request)
}

export const isManifestRoot = (pathname: string): boolean =>
  pathname === root || pathname.startsWith(`${root}/`)
