// The admin API as the runner uses it. A problem that it answers (RFC 9457) and an API that cannot be reached
// are failures of different kinds.
import * as z from 'zod'
import type { Experiment } from '../core/model/experiment.ts'
import type { ExperimentResult } from '../core/model/experiment-result.ts'
import type { Goal } from '../core/model/goal.ts'
import type { Operation, OperationFacts } from '../core/model/operation.ts'
import { ok, type Result } from '../core/model/problem.ts'
import {
  Applied,
  type EntryOf,
  type Environment,
  type FlagStrategies,
  type ListName,
  lists,
  ProblemDetails,
  Published,
  toUnknownEntry,
  type UnknownEntry,
} from './admin-api-schemas.ts'
import { openEndpoint, patience, type Send } from './endpoint.ts'
import { type Failure, fail, reasonOf } from './failure.ts'

/** A list of the API, parted into what this release understands and what it does not. */
export interface Listing<Entry> {
  readonly entries: readonly Entry[]
  readonly unknown: readonly UnknownEntry[]
}

type ApiResult<T> = Promise<Result<T, Failure>>

export interface AdminApi {
  environments(): ApiResult<readonly Environment[]>
  published(environmentId: string): ApiResult<Published>
  flags(environmentId: string): ApiResult<readonly FlagStrategies[]>
  goals(environmentId: string): ApiResult<readonly Goal[]>
  experiments(environmentId: string): ApiResult<Listing<Experiment>>
  operations(environmentId: string): ApiResult<Listing<Operation>>
  storeResult(environmentId: string, experimentId: string, result: ExperimentResult): ApiResult<void>
  applyOperation(environmentId: string, operationId: string, facts: OperationFacts): ApiResult<Applied>
}

export function adminApi(
  { url, token }: { readonly url: string; readonly token: string },
  how = patience,
): AdminApi {
  const ask = openEndpoint(how)
  const environmentPath = (environmentId: string, ...rest: string[]) =>
    ['/environments', ...[environmentId, ...rest].map(encodeURIComponent)].join('/')

  async function call<T>(path: string, schema: z.ZodType<T>, body?: unknown): ApiResult<T> {
    const response = await send(ask, `${url}/api/v1${path}`, token, body)
    if (!response.ok) return response
    const { status, content } = response.value
    if (status >= 300) return refusal(path, status, content)
    const parsed = schema.safeParse(content)
    return parsed.success ? ok(parsed.data) : unreadable(path, parsed.error)
  }

  function refusal(path: string, status: number, content: unknown) {
    const why = explain(status, content)
    if (status >= 500) return fail('api-unreachable', `The admin API at ${url} cannot answer now: ${why}`)
    return status === 401 || status === 403
      ? fail('api-refused', `The admin API at ${url} does not accept the token for ${path}: ${why}`)
      : fail('api-refused', `The admin API at ${url} refused ${path}: ${why}`)
  }

  function unreadable(path: string, { issues: [issue] }: z.ZodError, prefix: readonly PropertyKey[] = []) {
    const where = issue ? ` (${[...prefix, ...issue.path].join('.')}: ${issue.message})` : ''
    return fail('api-unreachable', `What answers ${path} at ${url} is no admin API of this version${where}.`)
  }

  /** All pages of a list. */
  async function list<L extends ListName>(path: string, name: L): ApiResult<Listing<EntryOf<L>>> {
    const Page = z.object({ [name]: z.array(z.unknown()), nextCursor: z.string().optional() })
    const schema = lists[name].entry as z.ZodType<EntryOf<L>>
    const entries: EntryOf<L>[] = []
    const unknown: UnknownEntry[] = []
    for (let cursor = ''; ;) {
      const page = await call(`${path}?limit=200${cursor && `&cursor=${cursor}`}`, Page)
      if (!page.ok) return page
      for (const [i, raw] of (page.value[name] as unknown[]).entries()) {
        const unknownEntry = toUnknownEntry(raw, lists[name].words)
        if (unknownEntry) {
          unknown.push(unknownEntry)
          continue
        }
        const parsed = schema.safeParse(raw)
        if (!parsed.success) return unreadable(path, parsed.error, [name, i])
        entries.push(parsed.data)
      }
      const nextCursor = page.value['nextCursor'] as string | undefined
      if (nextCursor === undefined) return ok({ entries, unknown })
      cursor = nextCursor
    }
  }

  /** Of lists without words that control may extend: nothing in them is unknown. */
  async function entriesOf<L extends ListName>(path: string, name: L): ApiResult<readonly EntryOf<L>[]> {
    const listing = await list(path, name)
    return listing.ok ? ok(listing.value.entries) : listing
  }

  async function storeResult(
    environmentId: string,
    experimentId: string,
    result: ExperimentResult,
  ): ApiResult<void> {
    const path = environmentPath(environmentId, 'experiments', experimentId, 'results')
    const stored = await call(path, StoredAnswer, result)
    const wasRefused = !stored.ok && stored.problem.kind === 'api-refused'
    return wasRefused && hasEarlyChecks(result)
      ? call(path, StoredAnswer, withoutEarlyChecks(result))
      : stored
  }

  async function applyOperation(
    environmentId: string,
    operationId: string,
    facts: OperationFacts,
  ): ApiResult<Applied> {
    const path = environmentPath(environmentId, 'operations', operationId, 'apply')
    const applied = await call(path, Applied, facts)
    if (applied.ok || applied.problem.kind !== 'api-refused' || facts.verifiedUsers === undefined)
      return applied
    // A control one release back knows these two only.
    const { exposedUsers, goalUsers } = facts
    return call(path, Applied, { exposedUsers, goalUsers })
  }

  return {
    environments: () => entriesOf('/environments', 'environments'),
    published: (environmentId) => call(environmentPath(environmentId, 'published'), Published),
    flags: (environmentId) => entriesOf(environmentPath(environmentId, 'flags'), 'flags'),
    goals: (environmentId) => entriesOf(environmentPath(environmentId, 'goals'), 'goals'),
    experiments: (environmentId) => list(environmentPath(environmentId, 'experiments'), 'experiments'),
    operations: (environmentId) => list(environmentPath(environmentId, 'operations'), 'operations'),
    storeResult,
    applyOperation,
  }
}

/** Nothing of this answer is needed. */
const StoredAnswer = z.unknown().transform(() => undefined)

const hasEarlyChecks = ({ health }: ExperimentResult) =>
  health.checks.some(({ status }) => status === 'too-early')

/** As a control one release back accepts it: that knows no `too-early`, and such checks were `skipped`. */
const withoutEarlyChecks = (result: ExperimentResult): ExperimentResult => ({
  ...result,
  health: {
    ...result.health,
    checks: result.health.checks.map((check) =>
      check.status === 'too-early' ? { ...check, status: 'skipped' } : check,
    ),
  },
})

interface ApiResponse {
  readonly status: number
  /** undefined if the body is not JSON. */
  readonly content: unknown
}

async function send(ask: Send, url: string, token: string, body: unknown): ApiResult<ApiResponse> {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'x-comment': 'by the batch runner', // an environment may demand a comment with every change
  }
  // A redirect could carry the token to another host, so it is not followed and counts as a refusal.
  const request = { headers, redirect: 'manual' as const }
  const init = body === undefined ? request : { ...request, method: 'POST', body: JSON.stringify(body) }
  try {
    const answer = await ask(() => new Request(url, init))
    return ok({ status: answer.status, content: parseJson(new TextDecoder().decode(answer.body)) })
  } catch (error) {
    const where = `The admin API does not answer at ${new URL(url).origin}`
    return fail('api-unreachable', `${where}: ${reasonOf(error)}. Is it running ("npm start")?`)
  }
}

function explain(status: number, content: unknown): string {
  const problem = ProblemDetails.safeParse(content)
  if (!problem.success) return `status ${status}.`
  const { title, code, detail, errors = [] } = problem.data
  const fields = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
  return `${[code ?? status, detail ?? title, fields].filter(Boolean).join(', ').replace(/\.$/, '')}.`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
