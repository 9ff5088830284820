import { describe, expect, it } from 'vitest'
import { exitCodeOf, fail, failureKinds, reasonOf } from './failure.ts'

const unreachable = fail('lake-unreachable', 'gone').failure
const job = fail('job', 'odd').failure

describe('the exit code', () => {
  it('is 0 without failures', () => expect(exitCodeOf([], false)).toBe(0))
  it('is that of the kind which stopped everything', () =>
    expect(exitCodeOf([unreachable, unreachable], false)).toBe(7))
  it('is 8 when something was done all the same', () => expect(exitCodeOf([unreachable], true)).toBe(8))
  it('is 8 when kinds differ', () => expect(exitCodeOf([unreachable, job], false)).toBe(8))
  it('tells every kind from every other, and from a crash', () => {
    const codes = Object.values(failureKinds).map(({ exitCode }) => exitCode)
    expect(new Set([0, 1, ...codes]).size).toBe(codes.length + 2)
  })
})

it('finds the reason that fetch and Node hide', () => {
  const refused = new AggregateError([new Error('connect ECONNREFUSED')])
  expect(reasonOf(new TypeError('fetch failed', { cause: refused }))).toBe('connect ECONNREFUSED')
})
