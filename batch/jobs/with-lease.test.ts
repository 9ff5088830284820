// A run that counts for longer than its lease lasts acts all the same, unless another runner has it by then.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type HeldLease, decideLease } from '../../core/model/lease.ts'
import { ok } from '../../core/model/problem.ts'
import { withLease } from './with-lease.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it.each([
  [true, 'nobody'],
  [false, 'another runner'],
])('a run may act: %s, if %s has taken the lease meanwhile', async (expected, who) => {
  let held: HeldLease | undefined
  const lease = (_: string, holder: string, forMs: number) => {
    const { answer, next } = decideLease(held, { holder, forMs }, Date.now())
    held = next
    return Promise.resolve(ok(answer))
  }
  const seen: boolean[] = []
  await withLease('shop', { api: { lease }, onEvent: () => undefined }, async ({ isHeld }) => {
    seen.push(await isHeld())
    vi.setSystemTime(Date.now() + 60_000) // nothing else ran meanwhile
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000)
    if (!expected) held = { holder: who, until: Date.now() + 30_000 }
    seen.push(await isHeld())
  })
  vi.restoreAllMocks()
  expect(seen).toEqual([true, expected])
  expect(held?.holder).toBe(expected ? undefined : who)
})

it('does nothing if whoever has the lease renews it meanwhile', async () => {
  vi.useRealTimers()
  let held: HeldLease = { holder: 'another runner', until: Date.now() + 50 }
  const lease = (_: string, holder: string, forMs: number) => {
    const { answer } = decideLease(held, { holder, forMs }, Date.now())
    held = { ...held, until: Date.now() + 30_000 }
    return Promise.resolve(ok(answer))
  }
  const events: string[] = []
  const work = vi.fn<() => Promise<void>>()
  await withLease('shop', { api: { lease }, onEvent: ({ kind }) => events.push(kind) }, work)
  expect(events).toEqual(['leased'])
  expect(work).not.toHaveBeenCalled()
})
