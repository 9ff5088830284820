import { expect, it } from 'vitest'
import { exitCodes, reasonOf } from './failure.ts'

it('has an exit code for every kind, different from success, a crash and each other', () => {
  const codes = Object.values(exitCodes)
  expect(new Set([0, 1, ...codes]).size).toBe(codes.length + 2)
})

it('finds the reason that fetch and Node put into the cause', () => {
  const refused = new AggregateError([new Error('connect ECONNREFUSED')])
  expect(reasonOf(new TypeError('fetch failed', { cause: refused }))).toBe('connect ECONNREFUSED')
})
