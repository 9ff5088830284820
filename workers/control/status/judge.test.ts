// What the status page says of what was found.
import { expect, it } from 'vitest'
import { type EnvironmentFacts, type Facts, judge } from './judge.ts'

const now = 1_800_000_000_000
const well: EnvironmentFacts = {
  unpublishedSince: null,
  isReadable: true,
  publishedAt: now - 5_000,
  intake: { accepted: 10, stored: 10, dead: 0 },
  deadSince: null,
  jobs: [{ job: 'operations', doneAt: now - 60_000, startedAt: now - 60_000, isLate: false }],
}
const of = (...changes: Partial<EnvironmentFacts>[]): Facts => ({
  now,
  environments: changes.map((change) => ({ ...well, ...change })),
})

it('is well where every part is', () => {
  expect(judge(of({}, { publishedAt: now - 9_000 }))).toMatchObject({
    state: 'ok',
    at: now,
    lastPublishedAt: now - 5_000,
    jobs: [{ job: 'operations', doneAt: now - 60_000, isLate: false }],
    parts: { decisions: { state: 'ok', since: null } },
  })
})

it.each<[string, Facts, string, object]>([
  [
    'nothing can be changed without D1',
    { now, environments: undefined },
    'down',
    {
      configuration: { state: 'down' },
      decisions: { state: 'unknown' },
      intake: { state: 'unknown' },
      runner: { state: 'unknown' },
    },
  ],
  ['no environment has a snapshot', of({ isReadable: false }), 'down', { decisions: { state: 'down' } }],
  ['one of two has none', of({}, { isReadable: false }), 'degraded', { decisions: { state: 'degraded' } }],
  [
    'a change waits',
    of({ unpublishedSince: now - 90_000 }, { unpublishedSince: now - 120_000 }),
    'degraded',
    { configuration: { state: 'degraded', since: now - 120_000 } },
  ],
  ['a change waits, not long', of({ unpublishedSince: now - 9_000 }), 'ok', {}],
  [
    'an environment is silent',
    of({ unpublishedSince: undefined }),
    'degraded',
    { configuration: { state: 'degraded' } },
  ],
  [
    'dead letters',
    of({ intake: { accepted: 1, stored: 0, dead: 1 }, deadSince: now - 7_200_000 }),
    'degraded',
    { intake: { state: 'degraded', since: now - 7_200_000 } },
  ],
  [
    'nothing is stored',
    of({ intake: { accepted: 100, stored: 0, dead: 0 } }),
    'degraded',
    { intake: { state: 'degraded' } },
  ],
  [
    'one environment loses events, and a larger one none',
    of(
      { intake: { accepted: 1e6, stored: 1e6, dead: 0 } },
      { intake: { accepted: 1_000, stored: 890, dead: 0 } },
    ),
    'degraded',
    { intake: { state: 'degraded' } },
  ],
  ['a few of few are on their way', of({ intake: { accepted: 20, stored: 0, dead: 0 } }), 'ok', {}],
  ['a tenth is on its way', of({ intake: { accepted: 100, stored: 90, dead: 0 } }), 'ok', {}],
  [
    'objects that are slow say nothing of snapshots',
    of({ isReadable: undefined, unpublishedSince: undefined }),
    'degraded',
    { decisions: { state: 'unknown' }, configuration: { state: 'degraded' } },
  ],
  [
    'one object is slow',
    of({}, { isReadable: undefined, unpublishedSince: undefined }),
    'degraded',
    { decisions: { state: 'ok' } },
  ],
  ['counters are silent', of({ intake: undefined }), 'degraded', { intake: { state: 'degraded' } }],
  [
    'a job is late',
    of({ jobs: [{ job: 'operations', doneAt: now - 9e6, startedAt: now - 5, isLate: true }] }),
    'degraded',
    { runner: { state: 'degraded', since: now - 9e6 } },
  ],
  ['a fresh installation', { now, environments: [] }, 'ok', { runner: { state: 'ok' } }],
])('%s', (_, facts, state, parts) => {
  expect(judge(facts)).toMatchObject({ state, parts })
})

it('tells of each job by the environment that waits longest', () => {
  const run = { job: 'compact', startedAt: now, isLate: false } as const
  const { jobs } = judge(
    of({ jobs: [{ ...run, doneAt: now - 1 }] }, { jobs: [{ ...run, doneAt: now - 2, isLate: true }] }),
  )
  expect(jobs).toEqual([{ job: 'compact', doneAt: now - 2, isLate: true }])
  expect(judge(of({ jobs: [{ ...run, doneAt: null }] }, {})).jobs[0]).toMatchObject({ doneAt: null })
})
