// The table of the runner's jobs, in workerd.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'

beforeAll(useOwner)

let path: string
beforeEach(async () => {
  path = await environment()
})
const minuteMs = 60_000
const run = (minutesAgo: number, changes: object = {}) => ({
  runner: 'here',
  startedAt: Date.now() - minutesAgo * minuteMs,
  durationMs: 1_200,
  failures: [] as string[],
  ...changes,
})
const put = (job: string, body: object) => call('PUT', `${path}/jobs/${job}`, body)
const jobs = async () => {
  const { body } = await call('GET', `${path}/jobs`)
  return (body as unknown as { jobs: Record<string, unknown>[] }).jobs
}

describe('jobs', () => {
  it('are none before a run, and then the newest of each, by name', async () => {
    expect(await jobs()).toEqual([])
    const [compact, operations] = [run(9), run(3, { everyMs: 15_000 })]
    expect((await put('operations', operations)).status).toBe(200)
    expect((await put('compact', compact)).status).toBe(200)
    expect(await jobs()).toEqual([
      { job: 'compact', ...compact, doneAt: compact.startedAt, isLate: false, nextAt: null },
      {
        job: 'operations',
        ...operations,
        doneAt: operations.startedAt,
        isLate: false,
        nextAt: operations.startedAt + 15_000,
      },
    ])
  })

  it('keep when they were last done while they fail, in whatever order runs are told', async () => {
    const failures = ['demo/x: Why.']
    const runs = [run(30), run(20, { failures }), run(10, { failures })]
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ]) {
      path = await environment()
      for (const i of order) await put('experiments', runs[i]!)
      expect(await jobs()).toMatchObject([{ ...runs[2], doneAt: runs[0]!.startedAt }])
    }
  })

  it.each([
    ['done within three intervals', run(10, { everyMs: 10 * minuteMs }), false],
    ['not done for longer', run(36, { everyMs: 10 * minuteMs }), true],
    ['done by runs that take long', run(60, { everyMs: 10 * minuteMs, durationMs: 50 * minuteMs }), false],
    [
      'not done for longer than two of them',
      run(140, { everyMs: 10 * minuteMs, durationMs: 50 * minuteMs }),
      true,
    ],
    ['failing since its first run', run(36, { everyMs: 10 * minuteMs, failures: ['Why.'] }), true],
    ['failing all the time, and just now', run(0, { everyMs: minuteMs, failures: ['Why.'] }), true],
    ['run by cron', run(60 * 24 * 9), false],
  ])('that are %s', async (_, body, isLate) => {
    await put('experiments', body)
    expect(await jobs()).toMatchObject([{ isLate }])
  })

  it('have names, and begin before they are told of', async () => {
    expect(await put('dance', run(1))).toMatchObject({ status: 404 })
    expect(await put('replay', run(1))).toMatchObject({ status: 404 })
    expect(await put('compact', run(-60 * 25))).toMatchObject({ status: 400 })
    expect(await put('compact', run(1, { failures: Array(21).fill('Why.') }))).toMatchObject({ status: 400 })
  })
})

describe('a job that fails', () => {
  const failures = ['demo/x: Why.']
  const told = async () => {
    const { body } = await call('GET', `${path}/webhooks/pager/deliveries`)
    return (body as unknown as { deliveries: { id: string; type: string; message: unknown }[] }).deliveries
  }

  it('three times in a row is told of once, and again after it was done', async () => {
    const hook = { id: 'pager', url: 'https://hooks.example.com/x', events: ['job.failed'] }
    expect((await call('POST', `${path}/webhooks`, hook)).status).toBe(201)
    const fail = (minutesAgo: number) => put('compact', run(minutesAgo, { failures }))
    await fail(90)
    const again = run(80, { failures })
    for (let i = 0; i < 3; i++) await put('compact', again) // one run
    expect(await told()).toEqual([])
    for (const minutesAgo of [70, 60]) await fail(minutesAgo)
    const [first, ...more] = await told()
    expect([first, more]).toMatchObject([{ type: 'job.failed' }, []])
    expect(first!.message).toMatchObject({
      data: { job: 'compact', runs: 3, failures, summary: expect.stringContaining('3 times in a row') },
    })
    await put('compact', run(50))
    await fail(55) // told late, and older than the run that was done
    for (const minutesAgo of [40, 30]) await fail(minutesAgo)
    expect(await told()).toHaveLength(1)
    await fail(20)
    expect(new Set((await told()).map(({ id }) => id)).size).toBe(2)
  })

  it.each([
    ['a daily job, by serve', [run(1, { everyMs: 1_440 * minuteMs, failures })], 1],
    ['a daily job, by cron', [run(1_441), run(1, { failures })], 1],
    [
      'a job of each half day, by cron, that begins some seconds earlier',
      [run(721), run(1.5, { failures })],
      1,
    ],
    ['a job that is seldom run by hand', [run(9_000), run(1, { failures })], 0, 'forget'],
    [
      'a job of each ten minutes, by serve, which was away for long',
      [run(780, { everyMs: 600_000 }), run(1, { everyMs: 600_000, failures })],
      0,
    ],
    ['a job of each minute, by serve', [run(1, { everyMs: minuteMs, failures })], 0],
    ['a job of each minute, by cron', [run(2), run(1, { failures })], 0],
    [
      'a job of each ten minutes, by serve',
      [30, 20].map((ago) => run(ago, { everyMs: 600_000, failures })),
      0,
    ],
    ['a job that nobody knows', [run(1, { failures })], 0],
  ])('once is told of if nobody looks soon again: %s', async (_, runs, messages, job = 'retain') => {
    const hook = { id: 'pager', url: 'https://hooks.example.com/x', events: ['job.failed'] }
    await call('POST', `${path}/webhooks`, hook)
    for (const each of runs) await put(job, each)
    const found = await told()
    expect(found).toHaveLength(messages)
    for (const { message } of found)
      expect(message).toMatchObject({ data: { runs: 1, summary: expect.stringMatching(/failed at \d{4}-/) } })
  })

  it('and was never done is told of the next day, though a scheduler of its own runs it', async () => {
    const hook = { id: 'pager', url: 'https://hooks.example.com/x', events: ['job.failed'] }
    await call('POST', `${path}/webhooks`, hook)
    await put('compact', run(1_441, { failures }))
    expect(await told()).toEqual([])
    await put('compact', run(1, { failures }))
    expect(await told()).toMatchObject([{ message: { data: { runs: 2 } } }])
  })

  it('once a day is told of at once, also where jobs that run often may fail more often', async () => {
    const hook = { id: 'pager', url: 'https://hooks.example.com/x', events: ['job.failed'] }
    await call('POST', `${path}/webhooks`, hook)
    await call('PATCH', `${path}/settings`, { failedRunsUntilTold: 5 })
    await put('retain', run(1, { everyMs: 1_440 * minuteMs, failures }))
    for (let ago = 40; ago > 0; ago -= 10) await put('experiments', run(ago, { everyMs: 600_000, failures }))
    expect(await told()).toHaveLength(1)
    await put('experiments', run(0, { everyMs: 600_000, failures }))
    expect(await told()).toHaveLength(2)
  })
})
