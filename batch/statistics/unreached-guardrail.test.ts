// What is said of guardrails that nobody reached, and how often wrongly.
import { expect, it } from 'vitest'
import { randomFrom } from '../../test/simulate/random.ts'
import { guardArms } from './guardrail.ts'

const dayMs = 86_400_000
const arm = (variationId: string, users: number, conversions = 0) => ({
  variationId,
  users,
  conversions,
  expectedWeight: 1,
})
const guard = (users: number, more: object = {}, others: ReturnType<typeof arm>[] = []) =>
  guardArms({
    goalKey: 'crash',
    margin: { absolute: 0.01 },
    guardrails: 1,
    counts: [arm('a', users), arm('b', users), ...others],
    baselineVariationId: 'a',
    direction: 'decrease',
    usersPlanned: null,
    window: { from: 0, to: 7 * dayMs },
    ...more,
  })

it.each([
  // ln(0.005) / ln(0.99) = 527.2
  [528, 'kept'],
  [527, 'open'],
])('says of %d users without any that it is %s', (users, outcome) => {
  const [report] = guard(users)
  expect(report).toMatchObject({ outcome, estimate: -0 })
  expect(report!.worst! <= 0.01).toBe(outcome === 'kept')
  expect(report!.moreDays === null).toBe(outcome === 'kept')
})

it('asks more of each of several arms', () => {
  expect(guard(596, {}, [arm('c', 596)]).map(({ outcome }) => outcome)).toEqual(['open', 'open'])
  expect(guard(597, {}, [arm('c', 596)]).map(({ outcome }) => outcome)).toEqual(['kept', 'open'])
})

it.each([
  ['the margin is a share of what nobody reached', { margin: { relative: 0.1 } }],
  ['more is better', { direction: 'increase' }],
])('says nothing if %s', (_, more) => {
  expect(guard(10_000, more)[0]).toMatchObject({ outcome: 'not-measured' })
})

it('is seldom wrong, however often one looks', () => {
  const random = randomFrom(31)
  let wrong = 0
  const worlds = 4_000
  for (let i = 0; i < worlds; i++) {
    // The first user who reaches it ends what this test can claim: one in a hundred, at the margin.
    const first = Math.ceil(Math.log(random.uniform()) / Math.log1p(-0.01))
    if (guard(Math.max(1, first - 1))[0]!.outcome === 'kept') wrong++
  }
  expect(wrong / worlds).toBeLessThan(0.005 + 3 * Math.sqrt(0.005 / worlds))
})
