// The admin API as the runner uses it. A problem it answers (RFC 9457) is a value with its sentence; not
// being able to ask is another.
import * as z from 'zod'
import { Experiment } from '../core/model/experiment.ts'
import type { ExperimentResult } from '../core/model/experiment-result.ts'
import { Flag } from '../core/model/flag.ts'
import { Goal } from '../core/model/goal.ts'
import { Operation, type OperationFacts } from '../core/model/operation.ts'
import type * as api from '../workers/control/api/shapes.ts'
import { done, fail, type Outcome, reasonOf } from './failure.ts'

const answerWaitMaxMs = 30_000

/**
 * Of control's answers, what the runner reads; a field that control renames or retypes does not compile here.
 */
const Environment: z.ZodType<Pick<api.EnvironmentRow, 'id' | 'name' | 'revision'>> = z.object({
  id: z.string(),
  name: z.string(),
  revision: z.int(),
})
export type Environment = z.infer<typeof Environment>

const Applied: z.ZodType<Pick<api.Changed<Operation>, 'revision' | 'changed'>> = z.object({
  revision: z.int(),
  changed: z.boolean(),
})
export type Applied = z.infer<typeof Applied>

/** RFC 9457, section 3.1; `code` and `errors` are ours. */
const ProblemDetails = z.object({
  title: z.string().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})

/** What lists hold, under their name. */
const listed = {
  environments: Environment,
  flags: Flag,
  goals: Goal,
  experiments: Experiment,
  operations: Operation,
}
type Listed = { readonly [L in keyof typeof listed]: z.output<(typeof listed)[L]> }

export interface AdminApi {
  environments(): Promise<Outcome<Environment[]>>
  flags(environmentId: string): Promise<Outcome<Flag[]>>
  goals(environmentId: string): Promise<Outcome<Goal[]>>
  experiments(environmentId: string): Promise<Outcome<Experiment[]>>
  operations(environmentId: string): Promise<Outcome<Operation[]>>
  storeResult(environmentId: string, experimentId: string, result: ExperimentResult): Promise<Outcome<void>>
  applyOperation(environmentId: string, operationId: string, facts: OperationFacts): Promise<Outcome<Applied>>
}

export function adminApi({ url, token }: { readonly url: string; readonly token: string }): AdminApi {
  const get = <T>(path: string, schema: z.ZodType<T>) => ask(path, schema)
  const post = <T>(path: string, body: unknown, schema: z.ZodType<T>) =>
    ask(path, schema, JSON.stringify(body))
  const inside = (environmentId: string, ...rest: string[]) =>
    ['/environments', ...[environmentId, ...rest].map(encodeURIComponent)].join('/')

  async function ask<T>(path: string, schema: z.ZodType<T>, body?: string): Promise<Outcome<T>> {
    const answer = await send(`${url}/api/v1${path}`, token, body)
    if (!answer.ok) return answer
    const { status, content } = answer.value
    if (status >= 500)
      return fail('api-unreachable', `The admin API at ${url} cannot answer now: ${explain(status, content)}`)
    if (status === 401 || status === 403) {
      return fail(
        'api-refused',
        `The admin API at ${url} does not accept the token for ${path}: ${explain(status, content)}`,
      )
    }
    if (status >= 300)
      return fail('api-refused', `The admin API at ${url} refused ${path}: ${explain(status, content)}`)
    const parsed = schema.safeParse(content)
    if (parsed.success) return done(parsed.data)
    const [issue] = parsed.error.issues
    const where = issue ? ` (${issue.path.join('.')}: ${issue.message})` : ''
    return fail('api-unreachable', `What answers ${path} at ${url} is no admin API of this version${where}.`)
  }

  /** All pages of a list. */
  async function all<L extends keyof Listed>(path: string, list: L): Promise<Outcome<Listed[L][]>> {
    const Page = z.object({ [list]: z.array(listed[list]), nextCursor: z.string().optional() })
    const found: Listed[L][] = []
    for (let cursor = ''; ;) {
      const page = await get(`${path}?limit=200${cursor && `&cursor=${cursor}`}`, Page)
      if (!page.ok) return page
      const { nextCursor, [list]: entries } = page.value as unknown as { nextCursor?: string } & Record<
        L,
        Listed[L][]
      >
      found.push(...entries)
      if (nextCursor === undefined) return done(found)
      cursor = nextCursor
    }
  }

  return {
    environments: () => all('/environments', 'environments'),
    flags: (environmentId) => all(inside(environmentId, 'flags'), 'flags'),
    goals: (environmentId) => all(inside(environmentId, 'goals'), 'goals'),
    experiments: (environmentId) => all(inside(environmentId, 'experiments'), 'experiments'),
    operations: (environmentId) => all(inside(environmentId, 'operations'), 'operations'),
    storeResult: (environmentId, experimentId, result) =>
      post(
        inside(environmentId, 'experiments', experimentId, 'results'),
        result,
        z.unknown().transform(() => undefined),
      ),
    applyOperation: (environmentId, operationId, facts) =>
      post(inside(environmentId, 'operations', operationId, 'apply'), facts, Applied),
  }
}

interface Answer {
  readonly status: number
  /** undefined where it is no JSON. */
  readonly content: unknown
}

async function send(url: string, token: string, body: string | undefined): Promise<Outcome<Answer>> {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'x-comment': 'by the batch runner', // some environments want one with every change
  }
  const signal = AbortSignal.timeout(answerWaitMaxMs)
  try {
    // A redirect could carry the token to another host: it is an answer like any other, and refused.
    const request = { headers, signal, redirect: 'manual' as const }
    const response = await fetch(url, body === undefined ? request : { ...request, method: 'POST', body })
    const text = await response.text()
    return done({ status: response.status, content: parseJson(text) })
  } catch (error) {
    return fail(
      'api-unreachable',
      `The admin API does not answer at ${new URL(url).origin}: ${reasonOf(error)}. Is it running ("npm start")?`,
    )
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
