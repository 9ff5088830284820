// Simulates the admin API and the event lake for the runner's tests, on one loopback address like the local
// stack.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { lakeKey, portions, textOf, toLine } from '../../analytics/lake.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { type Experiment, statusAt } from '../../core/model/experiment.ts'
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import type { Flag } from '../../core/model/flag.ts'
import type { Goal } from '../../core/model/goal.ts'
import { type HeldLease, LeaseRequest, decideLease } from '../../core/model/lease.ts'
import { AllocationLook } from '../../core/model/allocation-look.ts'
import { HoldoutLook } from '../../core/model/holdout-look.ts'
import { type Operation, OperationLook } from '../../core/model/operation.ts'
import { type ProgressiveRollout, RolloutLook } from '../../core/model/progressive-rollout.ts'
import type { Settings } from '../../core/model/settings.ts'
import type { SimulatedEnvironment } from './simulated-environment.ts'
import { type SimulatedBucket, simulatedBucket } from './simulated-bucket.ts'

export interface SimulatedState {
  readonly flags: readonly Flag[]
  readonly goals: readonly Goal[]
  readonly experiments: readonly Experiment[]
  readonly operations: readonly Operation[]
  readonly progressiveRollouts: readonly ProgressiveRollout[]
  /** Decides on operations and rollouts as control does, and holds them, instead of the lists here. */
  readonly environment: SimulatedEnvironment
  /** So many answers to changes are lost on their way, after the change was made. */
  lostAnswers: number
  /** Of operations, as control keeps it. */
  lease: HeldLease | undefined
  readonly records: readonly EventRecord[]
  readonly segments: readonly { key: string; version: number; included: string[]; members?: unknown }[]
  /** What the experiments' results are, newest first. */
  readonly results: readonly ExperimentResult[]
  readonly archived: boolean
  /**
   * The time of the admin API, which advances experiments by it. Without it, it is one that knows no such
   * step.
   */
  readonly now: number
  /** Of an admin API one release back, which keeps none. */
  readonly hasNoLooks: boolean
  readonly settings: Partial<Settings>
  readonly unpublished: { readonly revision: number; readonly since: number; readonly attempts: number }
}

export interface SimulatedStack {
  readonly url: string
  /** The bodies posted to the admin API, without looks. */
  readonly posts: { path: string; body: unknown }[]
  readonly looks: { operationId: string; look: OperationLook }[]
  readonly holdoutLooks: { holdoutId: string; look: HoldoutLook }[]
  readonly allocationLooks: { allocationId: string; look: AllocationLook }[]
  readonly rolloutLooks: { rolloutId: string; look: RolloutLook }[]
  readonly bucket: SimulatedBucket
  close(): Promise<void>
}

export const simulatedToken = 'let-me-in'
const bucketPath = '/cdn-cgi/local/r2/s3/tackline-lake'

export async function startSimulatedStack(
  state: Partial<SimulatedState>,
  bucket = simulatedBucket(),
): Promise<SimulatedStack> {
  for (const [key, body] of lakeObjects(state.records ?? []))
    bucket.objects.set(key, { body, headers: { 'content-type': 'application/x-ndjson' } })
  const posts: SimulatedStack['posts'] = []
  const looks: SimulatedStack['looks'] = []
  const rolloutLooks: SimulatedStack['rolloutLooks'] = []
  const holdoutLooks: SimulatedStack['holdoutLooks'] = []
  const allocationLooks: SimulatedStack['allocationLooks'] = []
  const kept = { posts, looks, rolloutLooks, holdoutLooks, allocationLooks }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://simulated')
    if (pathname.startsWith(bucketPath)) void bucket.answer(request, response, bucketPath)
    else void answerApi(request, response, pathname, state, kept)
  })
  return {
    url: await listen(server),
    ...kept,
    bucket,
    close: () => close(server),
  }
}

/** Key and content, as ingest writes them. */
export const lakeObjects = (records: readonly EventRecord[]): [string, Uint8Array][] =>
  portions(records.map(toLine)).map((portion) => {
    const { environmentId, hour } = portion
    const text = textOf(portion)
    return [lakeKey(environmentId, hour, createHash('sha256').update(text).digest('hex')), gzipSync(text)]
  })

async function answerApi(
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  state: Partial<SimulatedState>,
  {
    posts,
    looks,
    rolloutLooks,
    holdoutLooks,
    allocationLooks,
  }: Pick<SimulatedStack, 'posts' | 'looks' | 'rolloutLooks' | 'holdoutLooks' | 'allocationLooks'>,
): Promise<void> {
  const json = (status: number, body: unknown) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (request.headers.authorization !== `Bearer ${simulatedToken}`) {
    return json(401, {
      type: 'about:blank',
      title: 'Unauthenticated',
      status: 401,
      code: 'UNAUTHENTICATED',
      detail: 'No such token.',
    })
  }
  if (request.method === 'PATCH' || request.method === 'DELETE') {
    posts.push({ path: `${request.method} ${pathname}`, body: await text(request) })
    return json(200, { revision: 7, changed: true })
  }
  if (request.method === 'PUT' && state.archived)
    return json(409, { title: 'Conflict', status: 409, code: 'CONFLICT', detail: 'It is archived.' })
  if (request.method === 'PUT' && pathname.endsWith('/leases/operations')) {
    const asked = LeaseRequest.parse(JSON.parse(await text(request)))
    const { answer, next } = decideLease(state.lease, asked, Date.now())
    state.lease = next
    return json(200, answer)
  }
  if (request.method === 'POST') {
    if (pathname.endsWith('/progressive-rollout-looks')) {
      const sent = JSON.parse(await text(request)) as { looks: SimulatedStack['rolloutLooks'] }
      for (const { look } of sent.looks) RolloutLook.parse(look)
      rolloutLooks.push(...sent.looks)
      return json(200, { stored: sent.looks.length })
    }
    const advanced = /\/experiments\/([^/]+)\/advance$/.exec(pathname)?.[1]
    if (advanced !== undefined) {
      posts.push({ path: pathname, body: await text(request) })
      const experiment = state.experiments?.find(({ id }) => id === advanced)
      if (state.now === undefined || !experiment) return json(404, { code: 'NOT_FOUND' })
      const entity = { ...experiment, status: statusAt(experiment, state.now) }
      return json(200, { revision: 7, changed: entity.status !== experiment.status, entity })
    }
    if (pathname.endsWith('/holdout-looks')) {
      const sent = JSON.parse(await text(request)) as { looks: SimulatedStack['holdoutLooks'] }
      for (const { look } of sent.looks) HoldoutLook.parse(look)
      holdoutLooks.push(...sent.looks)
      return json(200, { stored: sent.looks.length })
    }
    if (pathname.endsWith('/dynamic-allocation-looks')) {
      const sent = JSON.parse(await text(request)) as { looks: SimulatedStack['allocationLooks'] }
      for (const { look } of sent.looks) AllocationLook.parse(look)
      allocationLooks.push(...sent.looks)
      return json(200, { stored: sent.looks.length })
    }
    if (pathname.endsWith('/operation-looks')) {
      if (state.hasNoLooks) return json(404, { code: 'NOT_FOUND' })
      const sent = JSON.parse(await text(request)) as Pick<SimulatedStack, 'looks'>
      for (const { look } of sent.looks) OperationLook.parse(look)
      looks.push(...sent.looks)
      return json(200, { stored: sent.looks.length })
    }
    if (pathname.endsWith('/arm')) {
      posts.push({ path: pathname, body: await text(request) })
      return json(200, { revision: 7, changed: true, entity: {} })
    }
    const body = JSON.parse(await text(request)) as { goalKey?: string }
    posts.push({ path: pathname, body })
    const decided = state.environment && decide(state.environment, pathname, body)
    if (decided) {
      const isLost = (state.lostAnswers ?? 0) > 0
      if (isLost) state.lostAnswers = (state.lostAnswers ?? 0) - 1
      return isLost ? void response.destroy() : json(decided.status, decided.answer)
    }
    if (pathname.endsWith('/assignments/forget'))
      return state.archived
        ? json(409, { title: 'Conflict', status: 409, code: 'CONFLICT', detail: 'It is archived.' })
        : json(200, { assignments: 2 })
    if (pathname.endsWith('/apply')) return json(200, { revision: 7, changed: true, entity: {} })
    return json(201, { goalKey: body.goalKey })
  }
  if (pathname === '/api/v1/environments') {
    return json(200, {
      environments: [{ id: 'demo', name: 'Demo', revision: 6, archived: state.archived ?? false }],
    })
  }
  if (pathname === '/api/v1/environments/demo/settings') return json(200, state.settings ?? {})
  if (pathname === '/api/v1/environments/demo/published')
    return json(200, { revision: 6, unpublished: state.unpublished })
  if (pathname.endsWith('/results')) return json(200, { results: state.results ?? [] })
  if (state.environment) {
    const { operation, goal, progressiveRollout } = state.environment.state
    const held = { operations: operation, goals: goal, 'progressive-rollouts': progressiveRollout }
    const [name, all] = Object.entries(held).find(([each]) => pathname.endsWith(`/${each}`)) ?? []
    const field = name === 'progressive-rollouts' ? 'progressiveRollouts' : name
    if (field !== undefined && all) return json(200, { [field]: [...all.values()] })
  }
  if (pathname.endsWith('/dynamic-allocations')) {
    const all = state.environment?.state.dynamicAllocation.values() ?? []
    return json(200, { dynamicAllocations: [...all] })
  }
  if (pathname.endsWith('/holdouts'))
    return json(200, { holdouts: [...(state.environment?.state.holdout.values() ?? [])] })
  if (pathname.endsWith('/progressive-rollouts'))
    return json(200, { progressiveRollouts: state.progressiveRollouts ?? [] })
  const plural = /^\/api\/v1\/environments\/demo\/(flags|goals|experiments|operations|segments)$/.exec(
    pathname,
  )?.[1]
  if (plural) return json(200, { [plural]: state[plural as keyof SimulatedState] ?? [] })
  return json(404, { title: 'Not found', status: 404, code: 'NOT_FOUND', detail: `There is no ${pathname}.` })
}

/** Of a command that the runner sends; undefined for others. */
function decide(environment: SimulatedEnvironment, pathname: string, facts: object) {
  const [, list, id, step] =
    /\/(operations|progressive-rollouts|dynamic-allocations)\/([^/]+)\/(apply|confirm|move)$/.exec(
      pathname,
    ) ?? []
  if (id === undefined) return undefined
  const kind = `${step}-${list?.slice(0, -1)}`
  const changed = environment.run({ kind, id, facts })
  return changed.ok
    ? { status: 200, answer: { revision: 7, changed: changed.value.writes.length > 0, entity: {} } }
    : { status: 409, answer: { code: changed.problem.code, detail: changed.problem.message } }
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
