// What differs between the flags of two environments.
import { expect, it } from 'vitest'
import type { Flag } from '../../../core/model/flag.ts'
import { compareFlags, inOrderOfNeed } from './differences.ts'

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

it('does not tell the salt of a default strategy that splits nobody', () => {
  const serving = (id: string, strategy: object) => flag('a', { defaultStrategy: { id, strategy } })
  const one = { kind: 'fixed', variationId: 'on' }
  expect(compareFlags([serving('x', one)], [serving('y', one)])).toMatchObject({ same: 1 })
  const split = { kind: 'rollout', shares: [] }
  expect(compareFlags([serving('x', split)], [serving('y', split)]).different).toHaveLength(1)
})

it('copies a flag after those that it needs', () => {
  const needs = (...keys: string[]) => ({
    rules: [{ anyOf: [keys.map((attribute) => ({ operator: 'flag-is', attribute, values: ['on'] }))] }],
  })
  const there = [
    flag('a', { ...needs('b', 'elsewhere'), prerequisites: [] }),
    flag('b', { rules: [], prerequisites: [{ flagKey: 'c', variationId: 'on' }] }),
    flag('c', { ...needs('a'), prerequisites: [] }),
    flag('d', { rules: [], prerequisites: [] }),
  ]
  const { different } = compareFlags([], there)
  expect(inOrderOfNeed(different).map(({ key }) => key)).toEqual(['c', 'b', 'a', 'd'])
})
