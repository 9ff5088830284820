// Every protocol uses a change within a second after the admin API has answered: with requests before and
// after without pause, and with the first request after a pause, when the isolate's copy is old.
import { expect, it } from 'vitest'
import {
  changeFlag,
  createFlag,
  createTestEnvironment,
  pause,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'

const freshWithinMs = 1_000
const idleMs = 3_000

const stack = useStack()

async function ask(url: string, headers: Record<string, string> = {}, body?: object): Promise<string> {
  const text = body && JSON.stringify(body)
  const response = await fetch(url, {
    method: text === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(text !== undefined && { body: text }),
  })
  return response.text()
}

/** One request per route. Each response shows one of the two variations. */
const dialects: Record<string, (environment: TestEnvironment) => Promise<string>> = {
  'bucketeer-all': ({ url, clientKey }) =>
    ask(`${url}/get_evaluations`, { authorization: clientKey }, { user: { id: 'ada' } }),
  'bucketeer-one': ({ url, clientKey }) =>
    ask(`${url}/get_evaluation`, { authorization: clientKey }, { user: { id: 'ada' }, featureId: 'lights' }),
  'flagship-io-decision': ({ url, environmentId, clientKey }) =>
    ask(
      `${url}/v2/${environmentId}/campaigns`,
      { 'x-api-key': clientKey },
      { visitor_id: 'ada', trigger_hit: false },
    ),
  'flagship-io-file': ({ url, environmentId }) => ask(`${url}/${environmentId}/bucketing.json`),
  'ofrep-all': ({ url, clientKey }) =>
    ask(`${url}/ofrep/v1/evaluate/flags`, { authorization: `Bearer ${clientKey}` }, {}),
  'ofrep-one': ({ url, clientKey }) =>
    ask(`${url}/ofrep/v1/evaluate/flags/lights`, { authorization: `Bearer ${clientKey}` }, {}),
}

interface FreshnessCase {
  readonly name: string
  /** Evaluates now: `on` or `off`. */
  readonly decide: () => Promise<string>
  /** Toggles the flag. Resolves to the new value once the admin API has answered. */
  readonly toggle: () => Promise<string>
}

/** One environment per route, so that no route keeps another's copy fresh. */
function createCases(suffix: string): Promise<FreshnessCase[]> {
  const created = Object.entries(dialects).map(async ([name, request]): Promise<FreshnessCase> => {
    const environment = await createTestEnvironment(stack(), `${name}-${suffix}`)
    await createFlag(environment, {
      key: 'lights',
      type: 'string',
      enabled: true,
      variations: ['on', 'off'].map((id) => ({ id, value: id })),
      offVariationId: 'off',
      defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } },
    })
    let enabled = true
    return {
      name,
      async decide() {
        const answer = await request(environment)
        return /"(?:value|lights)":"(on|off)"/.exec(answer)?.[1] ?? answer
      },
      async toggle() {
        enabled = !enabled
        await changeFlag(environment, 'lights', { enabled })
        return enabled ? 'on' : 'off'
      },
    }
  })
  return Promise.all(created)
}

/** Evaluates without pause around a change: the new value appears within a second and stays. */
async function toggleWhileBusy({ name, decide, toggle }: FreshnessCase): Promise<void> {
  const before = await decide()
  const toggling = toggle()
  let changedAt: number | undefined
  void toggling.then(() => (changedAt = Date.now()))
  let isRight = false
  for (;;) {
    const requestedAt = Date.now()
    const ageMs = changedAt === undefined ? 0 : requestedAt - changedAt
    const answer = await decide()
    const isFresh = answer !== before
    const hasToBe = isRight || ageMs >= freshWithinMs
    if (hasToBe && !isFresh) throw new Error(`${name}: still ${answer} ${ageMs} ms after the change`)
    isRight ||= isFresh
    if (ageMs > freshWithinMs + 300) break
    await pause(20)
  }
  expect(await decide()).toBe(await toggling)
}

it('uses a change within a second under constant requests, and never goes back', async () => {
  await Promise.all((await createCases('busy')).map(toggleWhileBusy))
})

it('uses a change at once after a pause without requests', async () => {
  const changedBefore = await createCases('before')
  const changedAfter = await createCases('after')
  for (const { decide } of [...changedBefore, ...changedAfter]) expect(await decide()).toBe('on')
  for (const { toggle } of changedBefore) await toggle()
  await pause(idleMs)
  const decided: Record<string, string> = {}
  for (const { name, decide } of changedBefore) decided[`${name}, changed before the pause`] = await decide()
  for (const { name, decide, toggle } of changedAfter) {
    await toggle()
    decided[`${name}, changed after the pause`] = await decide()
  }
  expect(decided).toEqual(Object.fromEntries(Object.keys(decided).map((name) => [name, 'off'])))
})
