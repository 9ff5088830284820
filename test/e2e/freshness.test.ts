// After the admin API has answered, every dialect decides by the change within a second: asked before and
// after without pause, and asked for the first time after a pause, when the isolate's copy is old.
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

/** How each dialect is asked; any answer shows which of the two variations it decided. */
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

interface Watched {
  readonly name: string
  /** `on` or `off`, as decided now. */
  readonly decide: () => Promise<string>
  /** Turns the flag over; resolves, when the admin API has answered, to what is right from then on. */
  readonly turn: () => Promise<string>
}

/** An environment of its own per dialect, so that none keeps another's copy fresh. */
function watch(suffix: string): Promise<Watched[]> {
  const created = Object.entries(dialects).map(async ([name, request]): Promise<Watched> => {
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
      async turn() {
        enabled = !enabled
        await changeFlag(environment, 'lights', { enabled })
        return enabled ? 'on' : 'off'
      },
    }
  })
  return Promise.all(created)
}

/**
 * Asks without pause around a change: at the latest after a second the answer is right, and never wrong
 * again.
 */
async function turnWhileBusy({ name, decide, turn }: Watched): Promise<void> {
  const before = await decide()
  const turning = turn()
  let changedAt: number | undefined
  void turning.then(() => (changedAt = Date.now()))
  let isRight = false
  for (;;) {
    const askedAt = Date.now()
    const ageMs = changedAt === undefined ? 0 : askedAt - changedAt
    const answer = await decide()
    const isFresh = answer !== before
    const hasToBe = isRight || ageMs >= freshWithinMs
    if (hasToBe && !isFresh) throw new Error(`${name}: still ${answer} ${ageMs} ms after the change`)
    isRight ||= isFresh
    if (ageMs > freshWithinMs + 300) break
    await pause(20)
  }
  expect(await decide()).toBe(await turning)
}

it('decides by a change within a second while it is busy, and never goes back', async () => {
  await Promise.all((await watch('busy')).map(turnWhileBusy))
})

it('decides by a change at once where it was idle', async () => {
  const changedBefore = await watch('before')
  const changedAfter = await watch('after')
  for (const { decide } of [...changedBefore, ...changedAfter]) expect(await decide()).toBe('on')
  for (const { turn } of changedBefore) await turn()
  await pause(idleMs)
  const decided: Record<string, string> = {}
  for (const { name, decide } of changedBefore) decided[`${name}, changed before the pause`] = await decide()
  for (const { name, decide, turn } of changedAfter) {
    await turn()
    decided[`${name}, changed after the pause`] = await decide()
  }
  expect(decided).toEqual(Object.fromEntries(Object.keys(decided).map((name) => [name, 'off'])))
})
