import { expect, it } from 'vitest'
import { exitCodes, reasonOf } from './failure.ts'

it('has an exit code for every kind, different from success and each other; of a bug that of a crash', () => {
  const { bug, ...others } = exitCodes
  const codes = Object.values(others)
  expect(bug).toBe(1) // as of a crash
  expect(new Set([0, bug, ...codes]).size).toBe(codes.length + 2)
})

it('finds the reason that fetch and Node put into the cause', () => {
  const refused = new AggregateError([new Error('connect ECONNREFUSED')])
  expect(reasonOf(new TypeError('fetch failed', { cause: refused }))).toBe('connect ECONNREFUSED')
})
