import { expect, it } from 'vitest'
import { type EnvironmentFacts, type Facts, diagnose } from './diagnose.ts'

const hourMs = 3_600_000
const now = 1_800_000_000_000
const counts = { accepted: 100, stored: 97, duplicates: 0, bad: 0, deadLetters: 0 }
const environment = {
  id: 'production',
  revision: 7,
  published: { answer: { revision: 7 } },
  snapshot: { answer: { revision: 7, bytes: 4_000 } },
  keys: { answer: [{ disabled: false }] },
  intake: { answer: { total: counts, hours: [{ hour: now - 5 * hourMs, accepted: 100 }] } },
  jobs: { answer: [{ job: 'operations', doneAt: now - 60_000, isLate: false, failures: [] as string[] }] },
} satisfies EnvironmentFacts
const installation = {
  migrations: ['0000_a.sql', '0001_b.sql'],
  databaseBytes: 2_000_000,
  kv: 'ok',
  r2: 'ok',
  deadLetterObjects: 0,
  clockAheadMs: 100,
}
const sound: Facts = {
  url: 'http://localhost',
  health: 200,
  ready: { status: 200, kv: 'ok', environment: 'ok' },
  installation: { answer: installation },
  environments: { answer: [environment] },
  files: ['0000_a.sql', '0001_b.sql'],
  now,
}
const of = (level: string, facts: Facts) =>
  diagnose(facts).flatMap((found) => (found.level === level ? [`${found.about}: ${found.message}`] : []))
const withInstallation = (changes: Partial<typeof installation>): Facts => ({
  ...sound,
  installation: { answer: { ...installation, ...changes } },
})
const withEnvironment = (changes: Partial<EnvironmentFacts>): Facts => ({
  ...sound,
  environments: { answer: [{ ...environment, ...changes }] },
})
const withCounts = (changes: Partial<typeof counts>) =>
  withEnvironment({
    intake: { answer: { ...environment.intake.answer, total: { ...counts, ...changes } } },
  })
const operations = environment.jobs.answer[0]!

it('finds nothing where all is well', () => {
  expect([...of('wrong', sound), ...of('note', sound)]).toEqual([])
})

it.each<[Facts, RegExp]>([
  [{ ...sound, health: undefined }, /^edge: nothing answers at http:\/\/localhost$/],
  [{ ...sound, health: 503 }, /^edge: GET \/healthz answers 503/],
  [{ ...sound, ready: undefined }, /^bindings: GET \/readyz does not answer/],
  [{ ...sound, ready: { status: 200, kv: 'failing', environment: 'ok' } }, /^bindings: edge cannot read KV$/],
  [{ ...sound, installation: { refusal: 'the token is unknown' } }, /^installation: the token is unknown/],
  [{ ...sound, environments: { refusal: 'the token is unknown' } }, /^environments: the token is unknown/],
  [withInstallation({ kv: 'failing' }), /^KV: control cannot read it/],
  [withInstallation({ r2: 'failing' }), /^R2: the bucket does not answer/],
  [withInstallation({ clockAheadMs: -60_000 }), /^clock: the server's is -60 s/],
  [withInstallation({ migrations: ['0000_a.sql'] }), /^migrations: 0001_b\.sql not applied/],
  [withInstallation({ migrations: [...installation.migrations, '0002_c.sql'] }), /no 0002_c\.sql: .* newer/],
  [withInstallation({ databaseBytes: 9e9 }), /^D1: holds 9000 MB/],
  [withInstallation({ deadLetterObjects: 3 }), /^dead letters: 3 objects wait/],
  [withEnvironment({ published: { answer: { revision: 6 } } }), /revision 7 is not published, 6 is/],
  [
    withEnvironment({ published: { answer: { revision: 7, unpublished: { attempts: 3 } } } }),
    /^production: revision 7 is not published/,
  ],
  [withEnvironment({ snapshot: { refusal: 'KV holds no snapshot' } }), /^production: KV holds no snapshot/],
  [withEnvironment({ snapshot: { answer: { revision: 7, bytes: 15_000_000 } } }), /94 % of the largest/],
  [withCounts({ stored: 40 }), /of 100 events accepted more than an hour ago, 60 are not in the lake/],
  [withCounts({ bad: 2 }), /^production: 2 events of 24 hours could not be read/],
  [
    withEnvironment({ jobs: { answer: [{ ...operations, isLate: true }] } }),
    /operations is late, last done 0/,
  ],
  [
    withEnvironment({ jobs: { answer: [{ ...operations, doneAt: null, failures: ['No bucket.'] }] } }),
    /^production: job operations fails, never done: No bucket\.$/,
  ],
])('names the one thing that is wrong (%#)', (facts, sentence) => {
  expect(of('wrong', facts)).toEqual([expect.stringMatching(sentence)])
})

it.each<[Facts, RegExp]>([
  [withInstallation({ databaseBytes: 450e6 }), /^D1: holds 450 MB; Workers Free/],
  [withEnvironment({ keys: { answer: [{ disabled: true }] } }), /^production: has no valid SDK key/],
  [withEnvironment({ jobs: { answer: [] } }), /^production: no runner has told of a job/],
  [withCounts({ accepted: 9e6, stored: 9e6 }), /^cost: a month of 270000000 events is about \$/],
  [{ ...sound, environments: { answer: [] } }, /^environments: the token sees none/],
])('only notes what may be meant so (%#)', (facts, sentence) => {
  expect(of('wrong', facts)).toEqual([])
  expect(of('note', facts)).toEqual([expect.stringMatching(sentence)])
})

it('waits an hour before it misses events', () => {
  const hours = [{ hour: now - 0.5 * hourMs, accepted: 100 }]
  const young = withEnvironment({ intake: { answer: { total: { ...counts, stored: 0 }, hours } } })
  expect(of('wrong', young)).toEqual([])
})
