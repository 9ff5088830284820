// The golden cases of every protocol through the real stack: flags are created by the admin API and read by
// edge in workerd. Cases that need a given clock or version run only in the tests beside the routes.
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import {
  answerOf,
  type GoldenCase,
  goldenCases,
  goldenEnvironment,
  goldenKeys,
  goldenNow,
  requestOf,
} from '../support/golden-cases.ts'
import {
  createFlag,
  createTestEnvironment,
  type TestEnvironment,
  useOwnStack,
} from '../support/stack-fixture.ts'

const dialects = ['bucketeer', 'flagship-io', 'ofrep'] as const
/** Environments created at the same time. */
const lanes = 4

const stack = useOwnStack()
let elsewhere: TestEnvironment
/** One environment for all cases with the same configuration. */
const environments = new Map<string, TestEnvironment>()

const conditional = ['if-none-match', 'if-modified-since']
/** Only every third case of the long files, because each needs its own environment. */
const longFiles = ['get-evaluations', 'campaigns', 'bucketing-file', 'bucketing-omissions', 'single']
const isChosen = ({ file }: { file: string }, n: number) =>
  n % 3 === 0 || !longFiles.includes(file.replace('.json', ''))

/** `userEvaluationsId` depends on the time of the last edit. */
const ofATime = ['evaluations-id.json', 'definitions-id.json']

const isPortable = ({ file, given, when, then }: GoldenCase & { file: string }) =>
  then.records === undefined &&
  !ofATime.includes(file) &&
  !when.path.includes('apikey=') &&
  given.flags.every((flag) => !('version' in flag) && !('archived' in flag)) &&
  !conditional.some((name) => when.headers?.[name] !== undefined)

const cases = dialects.flatMap((dialect) =>
  goldenCases(dialect)
    .filter(isPortable)
    .filter(isChosen)
    .map((golden): [string, GoldenCase] => [`${dialect}/${golden.file}: ${golden.name}`, golden]),
)

async function createGiven(text: string, n: number): Promise<void> {
  const given = JSON.parse(text) as GoldenCase['given']
  const environment = await createTestEnvironment(stack(), `golden-${n}-${goldenEnvironment}`)
  for (const segment of given.segments ?? [])
    await call(environment, 'POST', `/environments/${environment.environmentId}/segments`, segment)
  for (const flag of inOrder(given.flags)) await createFlag(environment, flag)
  if (given.settings)
    await call(environment, 'PATCH', `/environments/${environment.environmentId}/settings`, given.settings)
  environments.set(text, environment)
}

/** A flag can be created only after the flags that it refers to. */
function inOrder(flags: readonly object[]): object[] {
  const byKey = new Map(flags.map((flag) => [(flag as { key: string }).key, flag]))
  const placed = new Set<object>()
  const environment = (flag: object) => {
    for (const key of namesIn(flag)) {
      const other = byKey.get(key)
      if (other && other !== flag && !placed.has(other)) environment(other)
    }
    placed.add(flag)
  }
  for (const flag of flags) environment(flag)
  return [...placed]
}

const namesIn = (flag: object) =>
  [...JSON.stringify(flag).matchAll(/"(?:flagKey|attribute)":"([^"]*)"/g)].map(([, name]) => name!)

beforeAll(async () => {
  elsewhere = await createTestEnvironment(stack(), 'elsewhere-still')
  const texts = [...new Set(cases.map(([, { given }]) => JSON.stringify(given)))].entries()
  const lane = async () => {
    for (const [n, text] of texts) await createGiven(text, n)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
})

/** The case with the real environment id in place of the golden one. */
function placed(golden: GoldenCase, { environmentId }: TestEnvironment): GoldenCase {
  const when = JSON.stringify(golden.when)
    .replaceAll(`/${goldenEnvironment}/`, `/${environmentId}/`)
    .replaceAll(`"cid":"${goldenEnvironment}"`, `"cid":"${environmentId}"`)
  return { ...golden, when: JSON.parse(when) as GoldenCase['when'] }
}

const seconds = String(goldenNow / 1_000)
/** The response with the environment id and time of the golden case. */
function unplaced(then: GoldenCase['then'], { environmentId }: TestEnvironment): unknown {
  const { 'last-modified': _, etag: __, ...headers } = then.headers ?? {}
  const text = JSON.stringify({ ...then, headers })
    .replaceAll(environmentId, goldenEnvironment)
    .replaceAll(/"(createdAt|created_at|updatedAt|requestedAt|time)":"?\d+"?/g, `"$1":"${seconds}"`)
    .replaceAll(
      /"(id|userEvaluationsId|user_evaluations_id|featureFlagsId)":"\d{16,20}"/g,
      '"$1":"of a time"',
    )
  return JSON.parse(text)
}

describe('through workerd', () => {
  it.each(cases)('%s', async (_, golden) => {
    const environment = environments.get(JSON.stringify(golden.given))!
    const keys = { ...environment, foreignKey: goldenKeys.foreignKey }
    const response = await fetch(requestOf(placed(golden, environment), environment.url, keys))
    expect(unplaced(await answerOf(response, golden, keys), environment)).toEqual(
      unplaced(golden.then, environment),
    )
  })

  it('answers 304 to Last-Modified of the bucketing file, and 200 after a change', async () => {
    const url = `${elsewhere.url}/${elsewhere.environmentId}/bucketing.json`
    const first = await fetch(url)
    const since = { 'if-modified-since': first.headers.get('last-modified')! }
    const second = await fetch(url, { headers: since })
    expect([first.status, second.status, await second.text()]).toEqual([200, 304, ''])
    await createFlag(elsewhere, cases.find(([, { given }]) => given.flags.length > 0)![1].given.flags[0])
    await expect.poll(async () => (await fetch(url, { headers: since })).status, { timeout: 1_000 }).toBe(200)
  })
})
