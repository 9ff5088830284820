// The live counts on real SQLite in workerd, and the reports that read them.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventEnvelope } from '../../analytics/records.ts'
import { flagDraft } from '../../test/support/build/flag-draft.ts'
import { addToken, call, database, env, newEnvironment } from '../../test/support/control-plane.ts'
import type { VariationCount } from '../contracts/live-contract.ts'
import { readUsage } from '../storage/usage.ts'
import { type FlagCounters, keptHours, rowsPerHourMax } from './flag-counters-do.ts'
import type { Intake } from './intake-do.ts'
import { addIntake, addLive } from './live-counters.ts'
import { attributeNamesMax, attributeValuesMax } from './seen-attributes.ts'
import { UserSketch } from './user-sketch.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Ahead of the real clock, by which alarms ring. */
const start = Math.floor(Date.now() / dayMs) * dayMs + dayMs + 12 * hourMs
const clock = vi.spyOn(Date, 'now')
const at = (sinceStart: number) => void clock.mockReturnValue(start + sinceStart)

let environmentId: string
let token = 0
beforeEach(async () => {
  at(0)
  if (token++ === 0) await addToken({ id: 'owner', role: 'owner' })
  environmentId = await newEnvironment()
})

let ids = 0
const exposure = (changes: Partial<EventEnvelope> = {}): EventEnvelope => ({
  v: 1,
  kind: 'exposure',
  id: `e${++ids}`,
  environmentId,
  at: start,
  receivedAt: Date.now(),
  protocol: 'ofrep',
  sdk: '',
  targetingKey: 'ann',
  attributes: {},
  flagKey: 'banner',
  flagVersion: 1,
  variationId: 'on',
  ruleId: 'default',
  ...changes,
})

let batches = 0
const add = (records: readonly EventEnvelope[], batchId = `batch-${++batches}`) =>
  addLive(env, batchId, records, Date.now())

const shard = (name: string) =>
  env.FLAG_COUNTERS.get(env.FLAG_COUNTERS.idFromName(name)) as unknown as DurableObjectStub<FlagCounters>
const intake = () =>
  env.INTAKE.get(env.INTAKE.idFromName(environmentId)) as unknown as DurableObjectStub<Intake>
const read = async (path: string) => {
  const { status, body } = await call('GET', `/environments/${environmentId}${path}`)
  return status === 200 ? (body as any) : status
}

describe('exposures of a flag', () => {
  it('are reported by variation and hour, with the time of the count', async () => {
    await add([exposure(), exposure(), exposure({ targetingKey: 'bob' })])
    at(hourMs)
    await add([exposure(), exposure({ variationId: 'off' }), exposure({ flagKey: 'other' })])
    expect(await read('/flags/banner/exposures')).toEqual({
      asOf: start + hourMs,
      usersError: 0.023,
      totals: [
        { variationId: 'off', evaluations: 1, users: 1 },
        { variationId: 'on', evaluations: 4, users: 2 },
      ],
      hours: [
        { variationId: 'off', hour: start + hourMs, evaluations: 1, users: 1 },
        { variationId: 'on', hour: start + hourMs, evaluations: 1, users: 1 },
        { variationId: 'on', hour: start, evaluations: 3, users: 2 },
      ],
      uncounted: 0,
    })
  })

  it('of one batch count once however often it is added, also at the same time', async () => {
    const records = [exposure(), exposure({ targetingKey: 'bob' })]
    await Promise.all([add(records, 'same'), add(records, 'same')])
    await add(records, 'same')
    expect((await read('/flags/banner/exposures')).totals).toEqual([
      { variationId: 'on', evaluations: 2, users: 2 },
    ])
  })

  it('are paged, and the window leaves out what is older', async () => {
    for (const hour of [-200, -30, -23, -1, 0]) {
      at(hour * hourMs)
      await add([exposure(), exposure({ variationId: 'off' })])
    }
    at(0)
    const seen: [number, string][] = []
    let cursor: string | undefined
    do {
      const page = await read(`/flags/banner/exposures?limit=1${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...page.hours.map((each: any) => [(each.hour - start) / hourMs, each.variationId]))
      cursor = page.nextCursor
    } while (cursor)
    expect(seen).toEqual([0, -1, -23].flatMap((hour) => ['off', 'on'].map((id) => [hour, id])))
    for (const [window, evaluations] of [
      ['7d', 4],
      ['30d', 5],
    ])
      expect((await read(`/flags/banner/exposures?window=${window}`)).totals[0].evaluations).toBe(evaluations)
  })

  it('are none of a flag that was never exposed, and not found without the flag', async () => {
    expect(await read('/flags/new/exposures')).toBe(404)
    await call('POST', `/environments/${environmentId}/flags`, flagDraft('new'))
    expect(await read('/flags/new/exposures')).toMatchObject({ totals: [], hours: [] })
  })

  it('are noted in D1 once a minute, and again after D1 was away', async () => {
    await add([exposure()])
    const names = [0, 1, 2, 3].map((n) => `${environmentId}:${n}`)
    const alarmed: string[] = []
    for (const name of names) {
      const alarmAt = await runInDurableObject(shard(name), (_, state) => state.storage.getAlarm())
      if (alarmAt === start + 60_000) alarmed.push(name)
    }
    expect(alarmed).toHaveLength(1)
    const rename = (from: string, to: string) => env.DB.prepare(`ALTER TABLE ${from} RENAME TO ${to}`).run()
    await rename('flag_usage', 'gone')
    await runDurableObjectAlarm(shard(alarmed[0]!))
    await rename('gone', 'flag_usage')
    expect(await readUsage(database, environmentId, 'banner')).toEqual([])
    await runDurableObjectAlarm(shard(alarmed[0]!))
    expect(await readUsage(database, environmentId, 'banner')).toEqual([
      { variationId: 'on', lastSeenAt: start },
    ])
    const next = await runInDurableObject(shard(alarmed[0]!), (_, state) => state.storage.getAlarm())
    expect(next).toBe(start + dayMs) // nothing is left but to forget
  })

  it('are forgotten after 30 days, and then the object sleeps', async () => {
    const stub = shard('forgets')
    const count = (hour: number): VariationCount => ({
      flagKey: 'banner',
      variationId: 'on',
      hour,
      evaluations: 1,
      users: new UserSketch().encode(),
      lastSeenAt: hour * hourMs,
    })
    const now = start / hourMs
    await runInDurableObject(stub, (object) =>
      object.add('a', environmentId, [count(now), count(now - keptHours - 1)]),
    )
    await runDurableObjectAlarm(stub)
    const hours = async () => (await runInDurableObject(stub, (object) => object.read('banner', 0))).hours
    expect(await hours()).toHaveLength(1)
    at((keptHours + 1) * hourMs)
    await runDurableObjectAlarm(stub)
    expect(await hours()).toEqual([])
    expect(await runInDurableObject(stub, (_, state) => state.storage.getAlarm())).toBeNull()
  })

  it('of flags without end are bounded, and what is left out is told', async () => {
    const stub = shard('bounded')
    const counts = Array.from({ length: rowsPerHourMax + 5 }, (_, i) => ({
      flagKey: `flag-${i}`,
      variationId: 'on',
      hour: 100,
      evaluations: 3,
      users: new UserSketch().encode(),
      lastSeenAt: start,
    }))
    await runInDurableObject(stub, (object) => object.add('a', environmentId, counts))
    await runInDurableObject(stub, (object) => object.add('b', environmentId, counts.slice(0, 1)))
    const { uncounted, totals } = await runInDurableObject(stub, (object) => object.read('flag-0', 0))
    expect([uncounted, totals]).toEqual([15, [{ variationId: 'on', evaluations: 6, users: 0 }]])
  })
})

describe('events of a goal', () => {
  const bought = (changes: Partial<EventEnvelope> = {}) => {
    const { flagKey: _, flagVersion: __, variationId: ___, ruleId: ____, ...common } = exposure(changes)
    return { ...common, kind: 'tracking', event: 'purchase', value: 9, ...changes }
  }
  const createGoal = (key: string, event: string) =>
    call('POST', `/environments/${environmentId}/goals`, { key, event })

  it('are reported by hour, by the name that the goal has now, and note no use of a flag', async () => {
    await add([bought(), bought(), bought({ targetingKey: 'bob' }), bought({ event: 'visit' }), exposure()])
    at(hourMs)
    await add([bought()])
    expect(await read('/goals/buy/events')).toBe(404)
    await createGoal('buy', 'purchase')
    expect(await read('/goals/buy/events')).toEqual({
      asOf: start + hourMs,
      usersError: 0.023,
      total: { events: 4, users: 2 },
      hours: [
        { hour: start + hourMs, events: 1, users: 1 },
        { hour: start, events: 3, users: 2 },
      ],
      uncounted: 0,
    })
    const page = await read('/goals/buy/events?limit=1')
    expect((await read(`/goals/buy/events?limit=1&cursor=${page.nextCursor}`)).hours).toEqual([
      { hour: start, events: 3, users: 2 },
    ])
    await runDurableObjectAlarm(shard(`${environmentId}:events`))
    expect(await readUsage(database, environmentId, 'purchase')).toEqual([])
  })

  it('are none where nobody sent any', async () => {
    await createGoal('quiet', 'silence')
    expect(await read('/goals/quiet/events')).toMatchObject({ asOf: null, total: { events: 0 }, hours: [] })
  })
})

describe('the intake', () => {
  it('is reported by hour, with what was refused and how late records are', async () => {
    const report = (counts: object) => runInDurableObject(intake(), (object) => object.report(counts))
    await report({ accepted: 10, 'refused:late': 2 })
    await add([exposure({ receivedAt: start - 4_000 }), exposure({ receivedAt: start - 8_000 })])
    await addIntake(env, 'bad 1', environmentId, { bad: 1 })
    at(hourMs)
    await report({ accepted: 5, 'refused:quota': 3 })
    const refused = { invalid: 0, late: 0, 'too-large': 0, quota: 0, queue: 0 }
    const first = {
      accepted: 10,
      refused: { ...refused, late: 2 },
      stored: 2,
      duplicates: 0,
      bad: 1,
      deadLetters: 0,
      lagSeconds: 6,
    }
    const second = {
      accepted: 5,
      refused: { ...refused, quota: 3 },
      stored: 0,
      duplicates: 0,
      bad: 0,
      deadLetters: 0,
    }
    expect(await read('/intake')).toEqual({
      asOf: start + hourMs,
      total: { ...first, accepted: 15, refused: { ...refused, late: 2, quota: 3 } },
      hours: [
        { hour: start + hourMs, ...second, lagSeconds: null },
        { hour: start, ...first },
      ],
    })
  })

  it('is measured by the minute, over all isolates', async () => {
    const report = (accepted: number) => runInDurableObject(intake(), (object) => object.report({ accepted }))
    expect((await report(5)).acceptedThisMinute).toBe(5)
    expect(await report(6)).toEqual({ acceptedThisMinute: 11, nextInMs: 10_000 })
    at(60_000)
    expect((await report(1)).acceptedThisMinute).toBe(1)
  })
})

describe('propagation', () => {
  const on = (revision: number, afterMs: number, count = 1) =>
    Array.from({ length: count }, (_, i) =>
      exposure({
        v: 2,
        keyKind: 'client',
        source: '',
        revision,
        verified: true,
        unitAttribute: '',
        unit: '',
        receivedAt: start + afterMs,
        targetingKey: `u${i}`,
      }),
    )
  const publish = (revision: number, afterMs: number) =>
    runInDurableObject(intake(), (object) => object.notePublication(environmentId, revision, start + afterMs))

  it('is told from exposures on the revision and on earlier ones, over several batches', async () => {
    await publish(8, 200)
    await publish(8, 90_000) // a repair
    const own = [
      ...on(7, 300, 50),
      ...on(8, 900, 40),
      ...on(7, 1_100, 30),
      ...on(8, 1_200, 70),
      ...on(8, 2_100, 99),
    ]
    await add([...own, ...on(7, 2_200), ...on(9, 3_000, 200), ...on(0, 3_000, 9)])
    await add([...on(8, 700, 2), ...on(7, -5_000, 500), ...on(7, 301_000, 500)])
    await publish(9, 2_900)
    const { revisions, nextCursor } = await read('/propagation?limit=1')
    expect(revisions).toEqual([
      {
        revision: 9,
        publishedAt: start + 2_900,
        firstAfterMs: 100,
        mostAfterMs: 100,
        exposures: 200,
        earlierExposures: 0,
      },
    ])
    expect((await read(`/propagation?cursor=${nextCursor}`)).revisions.slice(0, 1)).toEqual([
      {
        revision: 8,
        publishedAt: start + 200,
        firstAfterMs: 500,
        mostAfterMs: 1_800,
        exposures: 411,
        earlierExposures: 31,
      },
    ])
  })

  it('of what nobody was exposed to is unknown, and is forgotten after 30 days', async () => {
    const { revisions } = await read('/propagation')
    expect(revisions.length).toBeGreaterThan(0) // of the environment's creation
    expect(revisions[0]).toMatchObject({ firstAfterMs: null, mostAfterMs: null, exposures: 0 })
    at(31 * dayMs)
    await runDurableObjectAlarm(intake())
    expect(await read('/propagation')).toMatchObject({ revisions: [] })
  })
})

describe('attributes', () => {
  const names = async (query = '') =>
    (await read(`/attributes${query}`)).attributes.map(({ name }: { name: string }) => name)
  const values = async (name: string, query = '') =>
    (await read(`/attribute-values?name=${name}${query}`)).values

  it('are listed with their values, by prefix and page', async () => {
    await add([
      exposure({ attributes: { plan: 'pro', country: 'FR' } }),
      exposure({ attributes: { plan: 'free', Plan: 'x', 'plan%': 'y' } }),
    ])
    expect(await names()).toEqual(['Plan', 'country', 'plan', 'plan%'])
    expect(await names('?prefix=plan')).toEqual(['plan', 'plan%'])
    const page = await read('/attributes?limit=3')
    expect(await names(`?limit=3&cursor=${page.nextCursor}`)).toEqual(['plan%'])
    expect(await values('plan')).toEqual(['free', 'pro'])
    expect(await values('plan', '&prefix=p')).toEqual(['pro'])
    expect((await read('/attributes')).asOf).toBe(start)
  })

  it('that a setting excludes are not kept, and are forgotten', async () => {
    await add([exposure({ attributes: { email: 'a@b.example', plan: 'pro' } })])
    expect(await names()).toEqual(['email', 'plan'])
    const exclude = (unlistedAttributes: string[]) =>
      call('PATCH', `/environments/${environmentId}/settings`, { unlistedAttributes })
    expect((await exclude(['email'])).status).toBe(200)
    at(61_000)
    await add([exposure({ attributes: { email: 'c@d.example', plan: 'free' } })])
    expect([await names(), await values('email')]).toEqual([['plan'], []])
    await exclude(['*'])
    at(122_000)
    await add([exposure({ attributes: { plan: 'x' } })])
    expect(await names()).toEqual([])
  })

  it('stay when an object that has just started cannot read the settings', async () => {
    await add([exposure({ attributes: { plan: 'pro' } })])
    await evictDurableObject(intake())
    await env.DB.exec('ALTER TABLE entities RENAME TO away')
    await add([exposure({ attributes: { country: 'FR' } })])
    await env.DB.exec('ALTER TABLE away RENAME TO entities')
    expect(await names()).toEqual(['plan'])
  })

  it('with too many values keep none, and names are bounded', async () => {
    for (let i = 0; i <= attributeValuesMax; i += 20)
      await add(Array.from({ length: 20 }, (_, j) => exposure({ attributes: { id: `v${i + j}` } })))
    expect([await values('id'), (await read('/attributes')).attributes]).toMatchObject([
      [],
      [{ name: 'id', hasManyValues: true }],
    ])
    for (let i = 0; i < attributeNamesMax + 50; i += 50)
      await add([
        exposure({ attributes: Object.fromEntries(Array.from({ length: 50 }, (_, j) => [`n${i + j}`, ''])) }),
      ])
    const count = await runInDurableObject(
      intake(),
      (_, { storage }) => storage.sql.exec<{ n: number }>('SELECT count(*) n FROM attribute').one().n,
    )
    expect(count).toBe(attributeNamesMax)
  })

  it('are forgotten 30 days after they were last seen', async () => {
    await add([exposure({ attributes: { plan: 'pro', country: 'FR' } })])
    at(10 * dayMs)
    await add([exposure({ attributes: { plan: 'free' } })])
    at(35 * dayMs)
    await runDurableObjectAlarm(intake())
    expect([await names(), await values('plan'), await values('country')]).toEqual([['plan'], ['free'], []])
  })
})
