// The sentences that the console makes of an operation and of the last look at it.
import { expect, it } from 'vitest'
import { watch } from '../core/model/operation-watch.ts'
import { checkout, killSwitch, purchase, startAt } from '../test/support/simulated-shop.ts'
import type { Flag } from '../core/model/flag.ts'
import type { Goal } from '../core/model/goal.ts'
import type { Operation, OperationLook } from '../core/model/operation.ts'

interface Words {
  operationSentence(operation: Operation, flag: Flag, goal: Goal): string
  lookSentence(operation: Operation & { lastLook?: OperationLook }): string | undefined
}
// Not a literal import: a room's JavaScript is typed by that room's tsconfig.
const file: string = './public/operation-words.js'
const words = (await import(file)) as Words

const plain = (text: string | undefined) => text?.replaceAll(/[\u00a0\u202f]/g, ' ')
const sentence = (changes: object) => plain(words.operationSentence(killSwitch(changes), checkout, purchase))

it('says what an operation watches and does', () => {
  expect(sentence({})).toBe(
    'Turns “checkout” off on evidence that more than 50 % of the users who get “true” reach the goal “purchase” within 1 hour.',
  )
  const beside = { baselineVariationId: 'control', threshold: 0.02, comparison: 'at-most' }
  expect(sentence({ ...beside, delayMs: 90_000, action: { kind: 'notify' } })).toContain(
    'Tells webhooks, and changes nothing, on evidence that by 2 points fewer users than of “false” who get “true”',
  )
  expect(
    sentence({ ...beside, difference: 'relative', action: { kind: 'serve', variationId: 'control' } }),
  ).toMatch(
    /^Turns “checkout” off, with “false” for everybody, on evidence that by 2 % fewer users .* within 1 day[.]$/,
  )
  expect(sentence({ action: { kind: 'stop-experiment', experimentId: 'x' } })).toContain(
    'Stops the experiment “x” on evidence',
  )
})

it('says what the last look found, and nothing of a look before it was armed', () => {
  const operation = killSwitch()
  const none = { baselineUsers: 0, baselineGoalUsers: 0, usersOverLimit: 0, unverifiedUsers: 0 }
  const row = { minute: startAt / 60_000, users: 200, goalUsers: 50, verifiedUsers: 200, ...none }
  const lastLook = watch(operation, [row], startAt).look
  expect(plain(words.lookSentence({ ...operation, lastLook }))).toBe(
    '2026-11-01 00:00: not due, evidence 0.000050 of 20 needed. ' +
      '50 of 200 users reached the goal (25.0 %); 200 users verified, 0 not.',
  )
  expect(words.lookSentence({ ...operation, countingFrom: 5, lastLook })).toBeUndefined()
  expect(words.lookSentence(operation)).toBeUndefined()
})
