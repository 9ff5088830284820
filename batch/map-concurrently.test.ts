import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ok } from '../core/model/problem.ts'
import { fail } from './failure.ts'
import { mapConcurrently } from './map-concurrently.ts'

it('keeps the order of the items, and runs no more of them at once than it may', async () => {
  let running = 0
  let most = 0
  const double = async (item: number) => {
    most = Math.max(most, ++running)
    await setTimeout(10 - item)
    running--
    return ok(2 * item)
  }
  expect(await mapConcurrently([1, 2, 3, 4, 5, 6], 3, double)).toEqual(ok([2, 4, 6, 8, 10, 12]))
  expect(most).toBe(3)
})

it('returns the failure that came first, and begins nothing after it', async () => {
  const begun: number[] = []
  const work = async (item: number) => {
    begun.push(item)
    await setTimeout(item === 2 ? 1 : 20)
    return fail('job', `item ${item}`)
  }
  expect(await mapConcurrently([1, 2, 3, 4], 2, work)).toEqual(fail('job', 'item 2'))
  expect(begun).toEqual([1, 2])
})

it('does nothing for no items', async () => {
  expect(await mapConcurrently([], 3, () => Promise.resolve(fail('job', 'called')))).toEqual(ok([]))
})
