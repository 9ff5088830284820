// The runner and control may be one release apart (docs/guides/operate.md, "Which versions work together").
// The fixtures in versions/ were recorded from the previous release: answers of its admin API, and results
// that its runner submitted.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { adminApi } from '../batch/admin-api.ts'
import { conclude } from '../batch/statistics/conclude.ts'
import { exactEngine } from '../batch/statistics/exact.ts'
import { noDamage } from '../batch/statistics/health.ts'
import { ExperimentResult } from '../core/model/experiment-result.ts'
import { StoredResult } from '../core/model/stored-result.ts'
import { close, listen } from './support/simulated-stack.ts'

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, 'versions', name), 'utf8'))
const answers = z.record(z.string(), z.unknown()).parse(fixture('previous-api-answers.json'))
const submissions = z.array(z.looseObject({})).parse(fixture('previous-result-submissions.json'))

let server: Server | undefined
afterEach(async () => {
  if (server) await close(server)
  server = undefined
})

/** A control whose answer is chosen by method, path and body, and the bodies that it got. */
async function controlAnswering(answer: (request: string, body: unknown) => [number, unknown]) {
  const bodies: unknown[] = []
  server = createServer((request, response) => {
    void text(request).then((sent) => {
      const body: unknown = sent === '' ? undefined : JSON.parse(sent)
      if (body !== undefined) bodies.push(body)
      const [status, content] = answer(`${request.method} ${request.url}`, body)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content))
    })
  })
  return { api: adminApi({ url: await listen(server), token: 't' }), bodies }
}

const previousControl = () =>
  controlAnswering((request) => (request in answers ? [200, answers[request]] : [404, { code: 'NOT_FOUND' }]))

describe('a runner with a control one release back', () => {
  it('understands every entry of its lists', async () => {
    const { api } = await previousControl()
    expect(await api.environments()).toMatchObject({ ok: true, value: [{ id: 'demo', name: 'Demo' }] })
    expect(await api.flags('demo')).toMatchObject({
      ok: true,
      value: ['fast-search', 'new-checkout', 'welcome-banner'].map((key) => ({ key })),
    })
    expect(await api.goals('demo')).toMatchObject({
      ok: true,
      value: ['purchase', 'search-error'].map((key) => ({ key })),
    })
    expect(await api.experiments('demo')).toMatchObject({
      ok: true,
      value: { entries: [{ id: 'checkout-conversion' }, { id: 'search-errors' }], unknown: [] },
    })
    expect(await api.operations('demo')).toMatchObject({
      ok: true,
      value: { entries: [{ id: 'stop-failing-search' }], unknown: [] },
    })
  })

  it('reads the strategies of its flags', async () => {
    const { api } = await previousControl()
    const flags = await api.flags('demo')
    if (!flags.ok) throw new Error(flags.problem.message)
    const strategies = flags.value.flatMap(({ rules, defaultStrategy }) => [defaultStrategy, ...rules])
    expect(strategies.map(({ strategy }) => strategy.kind).toSorted()).toEqual([
      'fixed',
      'fixed',
      'fixed',
      'rollout',
      'rollout',
    ])
  })

  it('applies an operation and stores a result', async () => {
    const { api } = await previousControl()
    const facts = { exposedUsers: 200, goalUsers: 100 }
    expect(await api.applyOperation('demo', 'stop-failing-search', facts)).toEqual({
      ok: true,
      value: { revision: 14, changed: true },
    })
    const result = ExperimentResult.parse(submissions[0])
    expect(await api.storeResult('demo', 'checkout-conversion', result)).toMatchObject({ ok: true })
  })

  it('submits a check that is too early as skipped, after control has refused the status', async () => {
    const refusal = { code: 'INVALID', detail: 'Unknown status.' }
    const { api, bodies } = await controlAnswering((_, body) =>
      JSON.stringify(body).includes('"status":"too-early"') ? [422, refusal] : [201, stored],
    )
    const result = await smallResult()
    const early = { name: 'sample-ratio', status: 'too-early', detail: 'Wait.' } as const
    const given: ExperimentResult = { ...result, health: { status: 'amber', checks: [early] } }
    expect(await api.storeResult('demo', 'button', given)).toMatchObject({ ok: true })
    expect(bodies.map(statusesOf)).toEqual([{ 'sample-ratio': 'too-early' }, { 'sample-ratio': 'skipped' }])
  })

  it('submits no variation without figures, after control has refused one', async () => {
    const refusal = { code: 'INVALID', detail: 'variations.0.rate: expected an object' }
    const { api, bodies } = await controlAnswering((_, body) =>
      JSON.stringify(body).includes('"rate":null') ? [400, refusal] : [201, stored],
    )
    const result = await smallResult(0)
    expect(await api.storeResult('demo', 'button', result)).toMatchObject({ ok: true })
    const named = (body: unknown) =>
      ExperimentResult.parse(body).variations.map(({ variationId }) => variationId)
    expect(bodies.map(named)).toEqual([['new', 'old'], ['old']])
  })

  it('finds the newest result of a goal, although control lists those of all goals', async () => {
    const result = await smallResult()
    const results = [{ ...result, goalKey: 'other' }, { verdict: 'of a later release' }, result]
    const { api } = await controlAnswering((request) =>
      request.includes('?') ? [400, { code: 'INVALID' }] : [200, { results }],
    )
    const found = await api.newestResult('demo', 'button', 'purchase')
    expect(found).toMatchObject({ ok: true, value: { goalKey: 'purchase', window: { from: 1, to: 2 } } })
  })
})

describe('control with a runner of another release', () => {
  it.each(submissions.map((submission, i) => [i, submission]))(
    'accepts submission %i of the previous release unchanged',
    (_, submission) => expect(StoredResult.parse(submission)).toEqual(submission),
  )

  it('accepts what this release submits, and keeps it whole', async () => {
    const result = await smallResult()
    expect(StoredResult.parse(result)).toEqual(result)
  })

  it.each([
    ['a field', { lift: { mean: 0.1 } }],
    ['an engine', { engine: { kind: 'laplace', steps: 12 } }],
    ['a verdict', { verdict: { kind: 'harmful', reason: 'Users leave.' } }],
    [
      'a health check and a status',
      { health: { status: 'grey', checks: [{ name: 'novelty', status: 'fading', detail: 'Wait.' }] } },
    ],
  ])('accepts and keeps %s that a newer release added', async (_, addition) => {
    const result = { ...(await smallResult()), ...addition }
    expect(StoredResult.parse(result)).toEqual(result)
  })

  it('still refuses a known verdict that lacks a field', async () => {
    const result = { ...(await smallResult()), verdict: { kind: 'winner', variationId: 'new' } }
    expect(StoredResult.safeParse(result).success).toBe(false)
  })
})

const stored = { experimentId: 'button', goalKey: 'purchase', computedAt: 3 }

/** A result of this release, from few users. */
async function smallResult(newUsers = 30): Promise<ExperimentResult> {
  const count = (variationId: string, users: number) => ({
    variationId,
    users,
    conversions: Math.min(4, users),
    expectedWeight: 1,
  })
  const evidence = {
    goalKey: 'purchase',
    baselineVariationId: 'old',
    window: { from: 1, to: 2 },
    counts: [count('old', 40), count('new', newUsers)],
    usersInTwoVariations: 0,
    damage: noDamage,
    now: 3,
    seed: 4,
    prior: { alpha: 1, beta: 1 },
  }
  const result = await conclude(evidence, exactEngine)
  if (!result.ok) throw new Error(result.problem.message)
  return result.value
}

function statusesOf(result: unknown): Record<string, string> {
  const { health } = ExperimentResult.parse(result)
  return Object.fromEntries(health.checks.map(({ name, status }) => [name, status]))
}
