// The admin API as the runner uses it. A problem that it answers (RFC 9457) and an API that cannot be reached
// are failures of different kinds.
import * as z from 'zod'
import type { Experiment } from '../core/model/experiment.ts'
import type { ExperimentResult } from '../core/model/experiment-result.ts'
import type { Goal } from '../core/model/goal.ts'
import type { JobName, JobRunReport } from '../core/model/job-run.ts'
import { ok } from '../core/model/problem.ts'
import type { KeepDays } from '../core/model/retention.ts'
import {
  AdvancedExperiment,
  type EarlierResult,
  EarlierResults,
  ResultPage,
  type EntryOf,
  type Environment,
  type FlagStrategies,
  type KnownJob,
  KnownJobs,
  ForgottenAssignments,
  type ListName,
  lists,
  ProblemDetails,
  PublicationState,
  RetentionSettings,
  type SegmentMembers,
  StoredAnswer,
  toUnknownEntry,
  type UnknownEntry,
} from './admin-api-schemas.ts'
import { type AutomationApi, type AutomationPorts, automationApi } from './automation-api.ts'
import { type ApiResponse, type ApiResult, type Listing, type Sending, post } from './api-request.ts'
import { openEndpoint, patience, type Send } from './endpoint.ts'
import { fail, reasonOf } from './failure.ts'

/** Control takes no more in one request. */
const usersPerRequest = 100

export interface AdminApi extends AutomationApi {
  environments(): ApiResult<readonly Environment[]>
  /** How long events are kept. */
  settings(environmentId: string): ApiResult<KeepDays>
  published(environmentId: string): ApiResult<PublicationState>
  flags(environmentId: string): ApiResult<readonly FlagStrategies[]>
  goals(environmentId: string): ApiResult<readonly Goal[]>
  experiments(environmentId: string): ApiResult<Listing<Experiment>>
  /** Undefined if there is none, or none that this release can go on from. */
  newestResult(
    environmentId: string,
    experimentId: string,
    goalKey: string,
  ): ApiResult<EarlierResult | undefined>
  /** A page of what is stored of a goal, newest first; undefined: one that this release cannot read. */
  results(
    environmentId: string,
    experimentId: string,
    goalKey: string,
    cursor: string | undefined,
  ): ApiResult<ResultPage>
  storeResult(environmentId: string, experimentId: string, result: ExperimentResult): ApiResult<void>
  /** Resolves to how many kept assignments of the users there were. */
  forgetAssignments(environmentId: string, targetingKeys: readonly string[]): ApiResult<number>
  /**
   * Writes down that it has started or ended. Undefined if there is no such experiment, or no such step yet.
   */
  advanceExperiment(environmentId: string, experimentId: string): ApiResult<AdvancedExperiment | undefined>
  /** An archived environment takes no report, which is no failure. */
  reportJob(environmentId: string, job: JobName, run: JobRunReport): ApiResult<void>
  jobs(environmentId: string): ApiResult<readonly KnownJob[]>
  segments(environmentId: string): ApiResult<readonly SegmentMembers[]>
  /** Takes users off the segment's list, and off its uploaded members; the others stay. */
  removeMembers(
    environmentId: string,
    segment: SegmentMembers,
    targetingKeys: readonly string[],
  ): ApiResult<void>
}

export function adminApi(
  { url, token }: { readonly url: string; readonly token: string },
  how = patience,
): AdminApi {
  const ask = openEndpoint(how)
  const environmentPath = (environmentId: string, ...rest: string[]) =>
    ['/environments', ...[environmentId, ...rest].map(encodeURIComponent)].join('/')

  async function call<T>(path: string, schema: z.ZodType<T>, body?: unknown, how?: Sending): ApiResult<T> {
    const response = await send(ask, `${url}/api/v1${path}`, token, body, how)
    if (!response.ok) return response
    const { status, content } = response.value
    if (status >= 300) return refusal(path, status, content)
    const parsed = schema.safeParse(content)
    return parsed.success ? ok(parsed.data) : unreadable(path, parsed.error)
  }

  const sendTo: AutomationPorts['send'] = (path, body, how) =>
    send(ask, `${url}/api/v1${path}`, token, body, how)

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
    const earlier = wasRefused ? toEarlierRelease(result) : undefined
    return earlier ? call(path, StoredAnswer, earlier) : stored
  }

  async function newestResult(
    environmentId: string,
    experimentId: string,
    goalKey: string,
  ): ApiResult<EarlierResult | undefined> {
    const path = environmentPath(environmentId, 'experiments', experimentId, 'results')
    const listed = await call(`${path}?goalKey=${encodeURIComponent(goalKey)}&limit=1`, EarlierResults)
    // A control one release back knows no filter, and lists the newest of all goals.
    const all = listed.ok ? listed : await call(path, EarlierResults)
    return all.ok ? ok(all.value.results.find((result) => result?.goalKey === goalKey)) : all
  }

  async function removeMembers(
    environmentId: string,
    { key, version, included, members }: SegmentMembers,
    targetingKeys: readonly string[],
  ): ApiResult<void> {
    const path = environmentPath(environmentId, 'segments', key)
    if (members !== undefined) {
      const how = { method: 'DELETE', type: 'text/plain' } as const
      const removed = await call(`${path}/members`, z.unknown(), targetingKeys.join('\n'), how)
      if (!removed.ok) return removed
      const again = await list(environmentPath(environmentId, 'segments'), 'segments')
      if (!again.ok) return again
      version = again.value.entries.find((segment) => segment.key === key)?.version ?? version
    }
    const others = included.filter((each) => !targetingKeys.includes(each))
    if (others.length === included.length) return ok(undefined)
    const how = { method: 'PATCH', type: 'application/json' } as const
    const changed = await call(path, z.unknown(), { version, included: others }, how)
    return changed.ok ? ok(undefined) : changed
  }

  async function forgetAssignments(
    environmentId: string,
    targetingKeys: readonly string[],
  ): ApiResult<number> {
    const path = environmentPath(environmentId, 'assignments', 'forget')
    let forgotten = 0
    for (let from = 0; from < targetingKeys.length; from += usersPerRequest) {
      const some = { targetingKeys: targetingKeys.slice(from, from + usersPerRequest) }
      const done = await call(path, ForgottenAssignments, some)
      if (!done.ok) return done
      forgotten += done.value.assignments
    }
    return ok(forgotten)
  }

  async function advanceExperiment(
    environmentId: string,
    experimentId: string,
  ): ApiResult<AdvancedExperiment | undefined> {
    const path = environmentPath(environmentId, 'experiments', experimentId, 'advance')
    const sent = await send(ask, `${url}/api/v1${path}`, token, undefined, post)
    if (!sent.ok) return sent
    const { status, content } = sent.value
    // A control one release back knows no such step: it ends nothing by itself.
    if (status === 404) return ok(undefined)
    if (status >= 300) return refusal(path, status, content)
    const parsed = AdvancedExperiment.safeParse(content)
    return parsed.success ? ok(parsed.data) : unreadable(path, parsed.error)
  }

  async function reportJob(environmentId: string, job: JobName, run: JobRunReport): ApiResult<void> {
    const path = environmentPath(environmentId, 'jobs', job)
    const how = { method: 'PUT', type: 'application/json' } as const
    const sent = await send(ask, `${url}/api/v1${path}`, token, run, how)
    if (!sent.ok) return sent
    const { status, content } = sent.value
    // 404: a control one release back keeps no such table. 409: the environment is archived.
    return status < 300 || status === 404 || status === 409 ? ok(undefined) : refusal(path, status, content)
  }

  async function jobs(environmentId: string): ApiResult<readonly KnownJob[]> {
    const listed = await call(environmentPath(environmentId, 'jobs'), KnownJobs)
    return listed.ok ? ok(listed.value.jobs) : listed
  }

  return {
    environments: () => entriesOf('/environments', 'environments'),
    settings: (environmentId) => call(environmentPath(environmentId, 'settings'), RetentionSettings),
    published: (environmentId) => call(environmentPath(environmentId, 'published'), PublicationState),
    flags: (environmentId) => entriesOf(environmentPath(environmentId, 'flags'), 'flags'),
    goals: (environmentId) => entriesOf(environmentPath(environmentId, 'goals'), 'goals'),
    experiments: (environmentId) => list(environmentPath(environmentId, 'experiments'), 'experiments'),
    newestResult,
    results(environmentId, experimentId, goalKey, cursor) {
      const path = environmentPath(environmentId, 'experiments', experimentId, 'results')
      const query = new URLSearchParams({ goalKey, limit: '200', ...(cursor && { cursor }) })
      return call(`${path}?${query.toString()}`, ResultPage)
    },
    storeResult,
    segments: (environmentId) => entriesOf(environmentPath(environmentId, 'segments'), 'segments'),
    removeMembers,
    forgetAssignments,
    ...automationApi({ call, list, send: sendTo, refusal, unreadable, environmentPath }),
    advanceExperiment,
    reportJob,
    jobs,
  }
}

/**
 * As a control one release back accepts it, if that differs: it knows no `too-early`, and such checks were
 * `skipped`; it knows no check of interactions, and no variation without figures, so such ones are left out.
 */
function toEarlierRelease(result: ExperimentResult): ExperimentResult | undefined {
  const { health, variations } = result
  const hasEarlyChecks = health.checks.some(({ status }) => status === 'too-early')
  const measured = variations.filter(({ rate }) => rate !== null)
  const known = health.checks.filter(({ name }) => name !== 'interactions')
  const isSame = known.length === health.checks.length && measured.length === variations.length
  if (measured.length === 0 || (!hasEarlyChecks && isSame)) return undefined
  const checks = known.map((check) =>
    check.status === 'too-early' ? { ...check, status: 'skipped' as const } : check,
  )
  return { ...result, variations: measured, health: { ...health, checks } }
}

/** With neither a body nor a way of sending it is a read. */
async function send(
  ask: Send,
  url: string,
  token: string,
  body: unknown,
  sending?: Sending,
): ApiResult<ApiResponse> {
  const { method, type } = sending ?? post
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'content-type': type,
    'x-comment': 'by the batch runner', // an environment may demand a comment with every change
  }
  // A redirect could carry the token to another host, so it is not followed and counts as a refusal.
  const request = { headers, redirect: 'manual' as const }
  const init =
    body === undefined
      ? { ...request, ...(sending && { method }) }
      : { ...request, method, body: typeof body === 'string' ? body : JSON.stringify(body) }
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
