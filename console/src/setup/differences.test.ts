// What differs between the flags of two environments.
import { expect, it } from 'vitest'
import type { Flag } from '../../../core/model/flag.ts'
import { compareFlags } from './differences.ts'

const flag = (key: string, more: object = {}) =>
  ({ key, name: '', enabled: true, version: 1, ...more }) as Flag

it('tells flags of one side, and what is different on both; state and version are each side’s own', () => {
  const here = [flag('a'), flag('b', { name: 'B' }), flag('c', { version: 7, enabled: false })]
  const there = [flag('b', { name: 'Bee' }), flag('c'), flag('d')]
  const { different, same } = compareFlags(here, there)
  expect(
    different.map(({ key, here: mine, there: other, differences }) => [key, !!mine, !!other, differences]),
  ).toEqual([
    ['a', true, false, []],
    ['b', true, true, [{ path: '/name', before: 'B', after: 'Bee' }]],
    ['d', false, true, []],
  ])
  expect(same).toBe(1)
})
