import { expect, it } from 'vitest'
import { clause, flag, rule, segment, snapshotOf } from '../../test/support/build/flags.ts'
import { formatNeeded, snapshotFormat } from './snapshot.ts'
import { operatorFormats, operators } from './vocabulary.ts'

const withOperator = flag({ key: 'a', rules: [rule([clause('plan', 'matches', '^pro')])] })

it('needs the format that introduced the newest operator in use, in a rule or a segment', () => {
  const formats = { matches: 3, contains: 2 }
  const asking = segment({ anyOf: [[clause('plan', 'contains', 'pro')]] })
  expect(formatNeeded({ flags: [flag()], segments: [] }, formats)).toBe(1)
  expect(formatNeeded({ flags: [flag()], segments: [asking] }, formats)).toBe(2)
  expect(formatNeeded({ flags: [withOperator], segments: [asking] }, formats)).toBe(3)
})

it.each([
  [{ operator: 'equals', values: ['a'] }, 1],
  [{ operator: 'greater', values: ['5'], compareAs: 'bucketeer' }, 1],
  [{ operator: 'before', values: ['5'], compareAs: 'bucketeer' }, 1],
  [{ operator: 'matches', values: ['^a'] }, 1],
  [{ operator: 'equals', values: ['a'], negated: false }, 1],
  [{ operator: 'equals', values: ['a'], negated: true }, 2],
  [{ operator: 'greater', values: ['5'] }, 2],
  [{ operator: 'less', values: ['5'], compareAs: 'number' }, 2],
  [{ operator: 'after', values: ['5'] }, 2],
  [{ operator: 'matches', values: ['^a'], ignoreCase: true }, 2],
  [{ operator: 'matches', values: ['(?i)a'] }, 2],
  [{ operator: 'matches', values: ['\\Ba'] }, 2],
  [{ operator: 'not-in-segment', values: ['s'], attribute: '' }, 2],
  [{ operator: 'equals', values: ['a'], attribute: 'targetingKey' }, 2],
  [{ operator: 'equals', values: ['a'], attribute: 'id' }, 2],
  [{ operator: 'equals', values: ['a'], attribute: 'account.plan' }, 2],
  [{ operator: 'flag-is', values: ['a'], attribute: 'other.flag' }, 1],
] as const)('of a reader that decides %j as we do is %d', (given, format) => {
  const asking = { attribute: 'x', ...given, values: [...given.values] }
  expect(formatNeeded({ flags: [flag({ rules: [rule([asking])] })], segments: [] })).toBe(format)
  expect(formatNeeded({ flags: [], segments: [segment({ anyOf: [[asking]] })] })).toBe(format)
})

it('never needs a format that this version cannot read', () => {
  const all = operators.map((operator) =>
    flag({ key: operator, rules: [rule([clause('x', operator, 'y')])] }),
  )
  expect(snapshotOf(all).format).toBeLessThanOrEqual(snapshotFormat)
  expect(Object.values(operatorFormats).every((format) => format > 1 && format <= snapshotFormat)).toBe(true)
})
