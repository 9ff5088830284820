import { expect, it } from 'vitest'
import { Clause } from './clause.ts'

const problems = (given: object) =>
  Clause.safeParse({ attribute: 'x', ...given }).error?.issues.map(({ path, message }) => [
    path.join('.'),
    message,
  ])

it.each([
  { operator: 'greater', values: ['5', 'abc', '9.0.0'] },
  { operator: 'greater', values: ['5', '-1.5e3'], compareAs: 'number' },
  { operator: 'less', values: ['14', 'V9.1', '1.0-rc.1'], compareAs: 'version' },
  { operator: 'less', values: ['v1.2.3'], compareAs: 'semver' },
  { operator: 'less', values: ['abc'], compareAs: 'text' },
  { operator: 'less-or-equal', values: ['abc'], compareAs: 'bucketeer' },
  { operator: 'before', values: ['10x'], compareAs: 'bucketeer' },
  { operator: 'before', values: ['1795910400', '1795910400000', '2026-11-29', '2026-11-29T10:00:00+09:00'] },
  { operator: 'not-in-segment', values: ['staff'], attribute: '' },
  { operator: 'equals', values: ['a'], negated: true },
  { operator: 'matches', values: ['\\bpro\\b'], ignoreCase: true },
])('accepts %j', (given) => {
  expect(problems(given)).toBeUndefined()
})

const notATime = 'is no time: give epoch seconds or milliseconds, a date, or a date-time with offset'

it.each([
  [{ operator: 'greater', values: ['5', 'abc'], compareAs: 'number' }, 'values.1', '"abc" is no number'],
  [{ operator: 'greater', values: ['1e3'], compareAs: 'version' }, 'values.0', '"1e3" is no version'],
  [{ operator: 'greater', values: ['9.1'], compareAs: 'semver' }, 'values.0', '"9.1" is no semantic version'],
  [{ operator: 'before', values: ['tomorrow'] }, 'values.0', `"tomorrow" ${notATime}`],
  [{ operator: 'after', values: ['2026-02-30'] }, 'values.0', `"2026-02-30" ${notATime}`],
  [{ operator: 'after', values: ['2026-11-29T10:00:00'] }, 'values.0', `"2026-11-29T10:00:00" ${notATime}`],
  [
    { operator: 'equals', values: ['5'], compareAs: 'number' },
    'compareAs',
    'equals does not compare in order',
  ],
  [
    { operator: 'before', values: ['5'], compareAs: 'number' },
    'compareAs',
    'before compares times, or as bucketeer',
  ],
  [{ operator: 'greater', values: ['5'], ignoreCase: true }, 'ignoreCase', 'greater does not compare texts'],
  [{ operator: 'not-in-segment', values: [] }, 'values', 'not-in-segment needs at least one value'],
])('refuses %j', (given, path, message) => {
  expect(problems(given)).toEqual([[path, message]])
})

it('refuses a comparison that it does not know', () => {
  expect(problems({ operator: 'greater', values: ['5'], compareAs: 'roman' })).toEqual([
    ['compareAs', expect.stringContaining('"number"')],
  ])
})
