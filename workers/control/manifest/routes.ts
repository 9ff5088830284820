// OpenFeature's Manifest Management API 0.1.0, for its command line: lists flags and their defaults in the
// code. The provider's URL is the path of an environment, or the root if the token is for a single
// environment. Routes are declared and authorised like those of the admin API. They are not in our OpenAPI
// document, because refusals have the manifest's format.
import { ExperimentQuery } from '../api/change-query.ts'
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
import { hasRole } from '../auth/access.ts'
import { bearerToken } from '../auth/identify.ts'
import type { Problem } from '../api/shapes.ts'
import type { ControlBindings } from '../bindings.ts'
import { dispatch } from '../api/dispatch.ts'
import { type CommandResult, executeCommand } from '../api/execute-command.ts'
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
const flagPath = `${base}/flags/{key}` as const

const Envelope = z.strictObject({ flags: z.array(ManifestFlag) })
const Answer = z.strictObject({ flag: ManifestFlag, updatedAt: z.iso.datetime() })
const Archived = z.strictObject({ message: z.string(), archivedAt: z.iso.datetime() })

export const manifestRoutes: readonly Route[] = [
  route({
    id: 'read-manifest',
    method: 'GET',
    path: base,
    needs: 'viewer',
    summary: 'Lists the flags that are not archived',
    answer: Envelope,
    handle: async (call) => {
      const { environment } = call.params
      const stored = await loadEnvironment(call.database, environment)
      if (!stored) return refuse('NOT_FOUND', `there is no environment ${environment}`)
      const flags = [...stored.state.flag.values()].filter(({ archived }) => !archived)
      return respond(call, { flags: flags.flatMap((flag) => toManifestFlag(flag) ?? []) }, 200)
    },
  }),
  route({
    id: 'create-manifest-flag',
    method: 'POST',
    path: `${base}/flags`,
    needs: 'editor',
    summary: 'Creates a flag',
    body: ManifestDraft,
    answer: Answer,
    status: 201,
    handle: async (call) => {
      const { key } = call.body
      const existing = await readEntity(call.database, call.params.environment, 'flag', key)
      if (existing)
        return conflict(
          `Flag "${key}" ` +
            `${existing.archived ? 'is archived: restore it, or choose another key.' : 'exists.'}`,
        )
      const draft = parseWith(FlagDraft, toDraft(call.body))
      if (!draft.ok) return draft
      return respondWithFlag(
        call,
        await executeCommand(call, { kind: 'create-flag', flag: draft.value }),
        201,
      )
    },
  }),
  route({
    id: 'update-manifest-flag',
    method: 'PUT',
    path: flagPath,
    needs: 'editor',
    summary: 'Changes the name, description or default of a flag',
    query: ExperimentQuery,
    body: ManifestChanges,
    answer: Answer,
    handle: async (call) => {
      const { key, type } = call.body
      if (key !== call.params.key) return refuseField('INVALID', 'Flag key in path and payload must match.')
      const existing = await liveFlag(call)
      if (!existing.ok) return existing
      const currentType = typeOf(existing.value)
      if (currentType !== type)
        return conflict(`Flag type cannot be changed from ${currentType} to ${type}.`, 'type')
      const changes = toChanges(existing.value, call.body, () => crypto.randomUUID())
      const command = { kind: 'update-flag', key, version: existing.value.version, changes } as const
      return respondWithFlag(call, await executeCommand(call, command), 200)
    },
  }),
  route({
    id: 'archive-manifest-flag',
    method: 'DELETE',
    path: flagPath,
    needs: 'editor',
    summary: 'Archives a flag',
    query: ExperimentQuery,
    answer: Archived,
    handle: async (call) => {
      const existing = await liveFlag(call)
      if (!existing.ok) return existing
      const { key, version } = existing.value
      const command = { kind: 'update-flag', key, version, changes: { archived: true } } as const
      const executed = await executeCommand(call, command)
      if (!executed.ok) return executed
      const { updatedAt } = executed.value.entity as Flag
      const message = `Flag "${key}" archived. Restore it in the console if needed.`
      return respond(call, { message, archivedAt: new Date(updatedAt).toISOString() }, 200)
    },
  }),
]

const refuseField = (code: 'INVALID' | 'CONFLICT', message: string, path = 'key') =>
  refuse(code, message, { fields: [{ path, message }] })
const conflict = (message: string, path?: string) => refuseField('CONFLICT', message, path)

async function liveFlag({ database, params }: Call<typeof flagPath>): Promise<Result<Flag>> {
  const { environment, key } = params
  const flag = await readEntity(database, environment, 'flag', key)
  if (!flag) return refuse('NOT_FOUND', `Flag "${key}" was not found.`)
  return flag.archived ? conflict(`Flag "${key}" is archived: restore it first.`) : ok(flag)
}

function respondWithFlag(
  call: Call,
  executed: Result<CommandResult>,
  status: number,
): Result<never> | Response {
  if (!executed.ok) return executed
  const flag = executed.value.entity as Flag
  return respond(
    call,
    { flag: toManifestFlag(flag), updatedAt: new Date(flag.updatedAt).toISOString() },
    status,
  )
}

/** Every response has the caller's capabilities. */
function respond({ caller, scope }: Call, body: object, status: number): Response {
  const capabilities = hasRole(caller, 'editor', scope) ? 'read,write,delete' : 'read'
  const headers = { 'x-manifest-capabilities': capabilities, 'cache-control': 'no-store' }
  return Response.json(body, { status, headers })
}

export async function dispatchManifest(
  manifestRoute: Route,
  c: Context<{ Bindings: ControlBindings }>,
): Promise<Response> {
  const response = await dispatch(manifestRoute, c)
  return response.ok ? response : asManifestRefusal(response)
}

/** The manifest's form of a refusal of the admin API. */
export const asManifestRefusal = async (refusal: Response): Promise<Response> =>
  toManifestProblem((await refusal.json()) as Problem, refusal.headers)

function toManifestProblem({ detail, status, errors = [] }: Problem, headers?: Headers): Response {
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

/** Rewrites a request to the root to the path of the environment that its token is for. */
export async function fromManifestRoot(request: Request, env: ControlBindings): Promise<Request | Response> {
  const url = new URL(request.url)
  const text = bearerToken(request.headers.get('authorization') ?? '')
  const { token } = text === undefined ? {} : await findToken(openDatabase(env.DB), await sha256Hex(text), {})
  const [environment, ...others] = token?.environments ?? []
  if (token && (environment === undefined || others.length > 0)) {
    const providerUrl = `${url.origin}/api/v1/environments/{environment}`
    const detail = `This token is not limited to one environment: use ${providerUrl} as the provider URL.`
    return toManifestProblem({ type: '', title: '', status: 400, code: 'INVALID', detail })
  }
  url.pathname = `/api/v1/environments/${environment ?? 'none'}${url.pathname}`
  return new Request(url, request)
}

/** Whether refusals have the manifest's form. */
export const isManifestPath = (pathname: string): boolean => `${pathname}/`.includes(`${root}/`)

export const isManifestRoot = (pathname: string): boolean =>
  pathname === root || pathname.startsWith(`${root}/`)
