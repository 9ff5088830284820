// What a run tells control, and what `status` makes of it, over HTTP.
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { close, listen } from '../../test/support/simulated-stack.ts'
import { type AdminApi, adminApi } from '../admin-api.ts'
import { exitCodeOf } from '../exit-code.ts'
import type { RunEvent } from '../run-event.ts'
import { withReport } from './report-run.ts'
import { showStatus } from './show-status.ts'

let server: Server
let api: AdminApi
let answer: { status: number; body: object }
const told: { line: string; body: any }[] = []
beforeEach(async () => {
  told.length = 0
  server = createServer((request, response) => {
    void text(request).then((body) => {
      told.push({ line: `${request.method} ${request.url}`, body: body && JSON.parse(body) })
      response
        .writeHead(answer.status, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer.body))
    })
  })
  api = adminApi({ url: await listen(server), token: 'x' })
})
afterEach(() => close(server))

const failure = { kind: 'job', message: 'Why.' } as const
async function report(status: number, failures: number) {
  answer = { status, body: { detail: 'No.' } }
  const events: RunEvent[] = []
  await withReport(
    'compact',
    'demo',
    api,
    { onEvent: (event) => events.push(event) },
    async ({ onEvent }) => {
      onEvent({ kind: 'nothing-to-replay' })
      for (let i = 0; i < failures; i++) onEvent({ kind: 'failed', subject: `demo/${i}`, failure })
    },
  )
  return events.map(({ kind }) => kind)
}

describe('a run', () => {
  it('is told with what failed, and its events go on as they were', async () => {
    expect(await report(200, 2)).toEqual(['nothing-to-replay', 'failed', 'failed'])
    expect(told).toMatchObject([
      {
        line: 'PUT /api/v1/environments/demo/jobs/compact',
        body: { durationMs: expect.any(Number), failures: ['demo/0: Why.', 'demo/1: Why.'] },
      },
    ])
    expect(told[0]!.body).not.toHaveProperty('everyMs')
    await report(200, 50)
    expect(told[1]!.body.failures).toHaveLength(20)
  })

  it('that throws is told without the stack, and the next environment has its turn', async () => {
    answer = { status: 200, body: {} }
    const events: RunEvent[] = []
    await withReport('retain', 'demo', api, { onEvent: (event) => events.push(event) }, () =>
      Promise.reject(new TypeError('x is not a function')),
    )
    expect(events).toMatchObject([
      {
        kind: 'failed',
        subject: 'demo',
        failure: { kind: 'bug', message: expect.stringMatching(/\n +at /) },
      },
    ])
    expect(exitCodeOf(events)).toBe(1)
    expect(told).toMatchObject([{ body: { failures: ['demo: TypeError: x is not a function'] } }])
  })

  it('does not fail because an earlier control keeps no such table, or the environment is archived', async () => {
    expect(await report(404, 0)).toEqual(['nothing-to-replay'])
    expect(await report(409, 0)).toEqual(['nothing-to-replay'])
  })

  it('fails if it may not tell, unless something else failed', async () => {
    expect(await report(403, 0)).toEqual(['nothing-to-replay', 'failed'])
    expect(await report(403, 1)).toEqual(['nothing-to-replay', 'failed'])
  })
})

describe('status', () => {
  const job = (changes: object) => ({
    job: 'compact',
    runner: 'here',
    startedAt: 1,
    durationMs: 2,
    failures: [],
    doneAt: 1,
    isLate: false,
    ...changes,
  })
  it.each([
    ['nothing', [], ['never-run']],
    ['a job that is done', [job({})], ['job']],
    ['one that failed', [job({ failures: ['Why.'] })], ['job', 'failed']],
    ['one that is late', [job({ isLate: true }), job({ job: 'dance' })], ['job', 'failed', 'job']],
  ])('of %s', async (_, jobs, kinds) => {
    answer = { status: 200, body: { jobs } }
    const events: RunEvent[] = []
    await showStatus('demo', api, (event) => events.push(event))
    expect(events.map(({ kind }) => kind)).toEqual(kinds)
  })

  it('says why a job fails, also if it is late for that', async () => {
    answer = { status: 200, body: { jobs: [job({ failures: ['Why.', 'More.'], isLate: true })] } }
    const events: RunEvent[] = []
    await showStatus('demo', api, (event) => events.push(event))
    expect(events.at(-1)).toMatchObject({ subject: 'demo/compact', failure: { message: 'Why. It is late.' } })
  })
})
