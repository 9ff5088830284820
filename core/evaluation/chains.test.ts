// Long chains of flags, and segments that refer to segments: compiling takes time and memory in proportion to
// the links, and no function recurses once per link.
import { describe, expect, it } from 'vitest'
import { clause, fixed, flag, rule, segment, snapshotOf, someone } from '../../test/support/build/flags.ts'
import type { Segment } from '../model/segment.ts'
import { segmentDepthMax } from '../model/limits.ts'
import { formatNeeded } from '../model/snapshot.ts'
import { closureOf, compile } from './compile.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import { explain } from './explain.ts'

const keyOf = (i: number) => `f${String(i).padStart(5, '0')}`
/** Each flag depends on the next, so the first by key is visited first and has the deepest chain. */
const chain = (length: number, link: 'prerequisite' | 'flag-is' = 'prerequisite') =>
  Array.from({ length }, (_, i) => {
    const isLast = i === length - 1
    const rules = [rule([clause(keyOf(i + 1), 'flag-is', 'a')], { id: `r${i}`, strategy: fixed('a') })]
    const prerequisites = [{ flagKey: keyOf(i + 1), variationId: 'a' }]
    const links = link === 'prerequisite' ? { prerequisites } : { rules }
    return flag({ key: keyOf(i), ...(isLast ? {} : links) })
  })

describe('a chain of flags', () => {
  it.each(['prerequisite', 'flag-is'] as const)('of 10,000 by %s is compiled and evaluated', (link) => {
    const snapshot = snapshotOf(chain(10_000, link))
    const before = process.memoryUsage().heapUsed
    const startedAt = performance.now()
    const subject = compile(snapshot)
    const all = evaluateAll(subject, someone('ada'))
    expect(performance.now() - startedAt).toBeLessThan(3_000) // 19 s with a list of all below for each flag
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150e6)
    expect(all.every(({ variation }) => variation?.id === 'a')).toBe(true)
    expect(evaluate(subject, keyOf(0), someone('ada')).variation?.id).toBe('a')
  })

  it('is evaluated alone without unrelated flags, and caches no long list', () => {
    const subject = compile(snapshotOf(chain(1_000)))
    expect(evaluate(subject, keyOf(500), someone('ada')).variation?.id).toBe('a')
    expect(subject.flags.filter(({ isPrepared }) => isPrepared)).toHaveLength(500)
    expect(subject.byKey.get(keyOf(500))!.closure).toBeUndefined()
    evaluate(subject, keyOf(900), someone('ada'))
    expect(subject.byKey.get(keyOf(900))!.closure).toHaveLength(99)
  })

  it('that many flags share is visited once', () => {
    // Every flag of a layer depends on all of the next: 2^20 ways from the first to the last.
    const layers = Array.from({ length: 20 }, (_, layer) =>
      [0, 1].map((i) =>
        flag({
          key: `l${layer}-${i}`,
          prerequisites:
            layer === 19 ? [] : [0, 1].map((j) => ({ flagKey: `l${layer + 1}-${j}`, variationId: 'a' })),
        }),
      ),
    )
    const subject = compile(snapshotOf(layers.flat()))
    expect(closureOf(subject.flags, subject.byKey.get('l0-0')!)).toHaveLength(38)
    expect(evaluate(subject, 'l0-0', someone('ada')).variation?.id).toBe('a')
  })

  it('that leads into a cycle is an error in every flag up to the cycle, and in no other', () => {
    const flags = chain(5_000)
    const last = flag({ key: keyOf(4_999), prerequisites: [{ flagKey: keyOf(4_000), variationId: 'a' }] })
    const subject = compile(snapshotOf([...flags.slice(0, -1), last, flag({ key: 'other' })]))
    const errors = evaluateAll(subject, someone('ada')).filter(({ error }) => error)
    expect(errors).toHaveLength(5_000)
    expect(evaluate(subject, 'other', someone('ada')).error).toBeUndefined()
  })
})

const inSegment = (...keys: string[]) => clause('', 'in-segment', ...keys)
const segmentOf = (key: string, changes: Partial<Segment> = {}) => segment({ key, ...changes })

describe('a segment that refers to segments', () => {
  const staff = segmentOf('staff', { included: ['ada'] })
  const beta = segmentOf('beta', { anyOf: [[inSegment('staff'), clause('beta', 'equals', 'yes')]] })
  const all = segmentOf('all', { anyOf: [[clause('plan', 'equals', 'pro')], [inSegment('nobody', 'beta')]] })
  const flags = [flag({ rules: [rule([inSegment('all')])] })]
  const subject = compile(snapshotOf(flags, [staff, beta, all]))

  it.each([
    ['ada', { beta: 'yes' }, 'b'],
    ['ada', {}, 'a'],
    ['bob', { beta: 'yes' }, 'a'],
    ['bob', { plan: 'pro' }, 'b'],
  ])('decides %s with %o: %s', (targetingKey, attributes, expected) => {
    expect(evaluate(subject, 'flag', someone(targetingKey, attributes)).variation?.id).toBe(expected)
  })

  it('is explained with the path to the segment that contains the user', () => {
    const found = explain(subject, 'flag', someone('ada', { beta: 'yes' }))!.rules[0]!.anyOf[0]![0]
    expect(found).toMatchObject({ found: ['all'], path: ['all', 'beta', 'staff'], holds: true })
    const byRule = explain(subject, 'flag', someone('bob', { plan: 'pro' }))!.rules[0]!.anyOf[0]![0]
    expect(byRule).toMatchObject({ found: ['all'], path: ['all'] })
    const outside = explain(subject, 'flag', someone('bob'))!.rules[0]!.anyOf[0]![0]
    expect(outside).toEqual({ clause: inSegment('all'), found: [], holds: false })
  })

  it('needs a snapshot format that supports it', () => {
    expect(formatNeeded({ flags, segments: [staff, beta] })).toBe(2)
    expect(formatNeeded({ flags, segments: [staff] })).toBe(1)
  })

  it.each([
    [
      'a cycle',
      [segmentOf('all', { anyOf: [[inSegment('one')]] }), segmentOf('one', { anyOf: [[inSegment('all')]] })],
    ],
    ['itself', [segmentOf('all', { anyOf: [[inSegment('all')]] })]],
    [
      'an unknown value',
      [
        segmentOf('all', { anyOf: [[inSegment('one')]] }),
        segmentOf('one', { anyOf: [[{ ...clause('x', 'equals', 'y'), operator: 'sounds-like' } as never]] }),
      ],
    ],
  ])('with %s in a snapshot is an error of the flags that use it, and of their dependents', (_, segments) => {
    const above = flag({ key: 'above', prerequisites: [{ flagKey: 'flag', variationId: 'a' }] })
    const broken = compile(snapshotOf([...flags, above, flag({ key: 'other' })], segments))
    const errors = evaluateAll(broken, someone('ada')).flatMap(({ flagKey, error }) => (error ? flagKey : []))
    expect(errors).toEqual(['above', 'flag'])
    expect(broken.snapshot.flags.map(({ key }) => key)).toEqual(['other'])
  })

  it('is evaluated down to the depth limit; beyond it the flag is an error', () => {
    const nested = (depth: number) =>
      Array.from({ length: depth + 1 }, (_, i) =>
        segmentOf(`s${i}`, i === depth ? { included: ['ada'] } : { anyOf: [[inSegment(`s${i + 1}`)]] }),
      )
    const flags = [flag({ rules: [rule([inSegment('s0')])] })]
    const decided = (depth: number) =>
      evaluate(compile(snapshotOf(flags, nested(depth))), 'flag', someone('ada'))
    expect(decided(segmentDepthMax).variation?.id).toBe('b')
    expect(decided(segmentDepthMax + 1).error?.message).toContain('nested too deep')
    expect(decided(20_000).error?.message).toContain('nested too deep')
  })
})
