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

it('never needs a format that this version cannot read', () => {
  const all = operators.map((operator) =>
    flag({ key: operator, rules: [rule([clause('x', operator, 'y')])] }),
  )
  expect(snapshotOf(all).format).toBeLessThanOrEqual(snapshotFormat)
  expect(Object.values(operatorFormats).every((format) => format > 1 && format <= snapshotFormat)).toBe(true)
})
