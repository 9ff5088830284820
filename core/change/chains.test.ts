// Cycles and too deep chains of flags and segments are refused in every command that could create them.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { clause, flag, rollout, rule, segment } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { emptyState, type EnvironmentState, withWrites, type Write } from '../model/environment-state.ts'
import { flagDepthMax, segmentDepthMax } from '../model/limits.ts'
import type { FieldProblem } from '../model/problem.ts'
import { change } from './change.ts'
import { Command } from './command.ts'
import { checkCandidates } from './import-plan.ts'

const context = { now: 1_000, newId: () => 'new', revision: 5 }
const stateOf = (writes: readonly Write[]): EnvironmentState => withWrites(emptyState(), writes)
const aFlag = (key: string, ...prerequisites: string[]) =>
  flag({ key, prerequisites: prerequisites.map((flagKey) => ({ flagKey, variationId: 'a' })) })
const aSegment = (key: string, ...segmentKeys: string[]) =>
  segment({ key, anyOf: segmentKeys.length > 0 ? [[clause('', 'in-segment', ...segmentKeys)]] : [] })
const flags = (...all: ReturnType<typeof flag>[]) =>
  all.map((value): Write => ({ kind: 'flag', id: value.key, value }))
const segments = (...all: ReturnType<typeof segment>[]) =>
  all.map((value): Write => ({ kind: 'segment', id: value.key, value }))

const attempt = (state: EnvironmentState, command: unknown, past: readonly Write[] = []) =>
  change(state, Command.parse(command), { ...context, past })
const fieldsOf = (
  state: EnvironmentState,
  command: unknown,
  past?: readonly Write[],
): readonly FieldProblem[] => {
  const changed = attempt(state, command, past)
  return changed.ok ? [] : (changed.problem.fields ?? [])
}

/** The parts of a flag that a document or a draft names. */
const entry = ({
  key: _,
  version: __,
  createdAt: ___,
  updatedAt: ____,
  archived: _____,
  ...rest
}: object & ReturnType<typeof flag>) => rest
const draft = (each: ReturnType<typeof flag>) => ({ key: each.key, ...entry(each) })
const ruleWithSegment = (key: string) => ({ anyOf: [[clause('', 'in-segment', key)]] })

describe('a cycle', () => {
  // a -> b -> c, and now c -> a
  const chain = flags(aFlag('a', 'b'), aFlag('b', 'c'), aFlag('c'))
  const state = stateOf(chain)
  const closing = aFlag('c', 'a')
  const cyclic = { rule: 'cycle', message: 'a depends on this flag: c -> a -> b -> c' }
  const archived = { ...aFlag('c'), archived: true }

  it.each<[string, EnvironmentState, object, Write[]?]>([
    ['a patch', state, { kind: 'update-flag', key: 'c', changes: { prerequisites: closing.prerequisites } }],
    [
      'flag-is in a rule',
      state,
      { kind: 'update-flag', key: 'c', changes: { rules: [rule([clause('a', 'flag-is', 'a')])] } },
    ],
    ['a document', state, { kind: 'apply', document: { flags: { c: entry(closing) } } }],
    [
      'an import',
      state,
      { kind: 'import', source: 'bucketeer', flags: [closing], segments: [], sdkKeys: [], replace: true },
    ],
    ['a copy', state, { kind: 'copy-flag', from: 'other', flag: closing, replace: true }],
    ['a rollback of a flag', state, { kind: 'roll-back-flag', key: 'c', revision: 1 }, flags(closing)],
    ['a rollback', state, { kind: 'roll-back', revision: 1 }, flags(closing)],
    [
      'a rollback from the archive',
      stateOf(flags(aFlag('a', 'b'), aFlag('b', 'c'), archived)),
      { kind: 'roll-back', revision: 1 },
      flags(closing),
    ],
  ])('of flags by %s is refused, and the refusal names it', (_, given, command, past) => {
    expect(fieldsOf(given, command, past)).toContainEqual(expect.objectContaining(cyclic))
  })

  it('of a flag with itself is refused', () => {
    const own = { kind: 'create-flag', flag: draft(aFlag('x', 'x')) }
    expect(fieldsOf(state, own)).toMatchObject([{ path: 'prerequisites.0', rule: 'cycle' }])
  })

  const inner = stateOf(segments(aSegment('a', 'b'), aSegment('b', 'c'), aSegment('c')))
  const cyclicSegment = { rule: 'cycle', message: 'a refers to this segment: c -> a -> b -> c' }
  it.each([
    ['a patch', { kind: 'update-segment', id: 'c', changes: ruleWithSegment('a') }],
    ['a document', { kind: 'apply', document: { segments: { c: ruleWithSegment('a') } } }],
    [
      'an import',
      {
        kind: 'import',
        source: 'bucketeer',
        flags: [],
        segments: [aSegment('c', 'a')],
        sdkKeys: [],
        replace: true,
      },
    ],
    ['a rollback', { kind: 'roll-back', revision: 1 }, segments(aSegment('c', 'a'))],
  ])('of segments by %s is refused, and the refusal names it', (_, command, past?: readonly Write[]) => {
    expect(fieldsOf(inner, command, past)[0]).toMatchObject(cyclicSegment)
  })

  it('of a new segment with itself is refused, and so is a reference to a missing segment', () => {
    const create = (key: string, to: string) => ({
      kind: 'create-segment',
      segment: { key, ...ruleWithSegment(to) },
    })
    expect(fieldsOf(inner, create('x', 'x'))).toMatchObject([{ path: 'anyOf.0.0', rule: 'cycle' }])
    expect(fieldsOf(inner, create('x', 'y'))).toMatchObject([{ path: 'anyOf.0.0', rule: 'unknown-segment' }])
    expect(fieldsOf(inner, create('x', 'a'))).toEqual([])
  })

  it('of imported segments excludes them from the import', () => {
    const candidates = {
      flags: [],
      segments: [aSegment('x', 'y'), aSegment('y', 'x'), aSegment('z')],
      findings: [],
    }
    const checked = checkCandidates(emptyState(), candidates)
    expect(checked.segments.map(({ key }) => key)).toEqual(['z'])
    expect(checked.findings).toMatchObject([
      { subject: 'segment', key: 'x', effect: 'left-out' },
      { subject: 'segment', key: 'y', effect: 'left-out' },
    ])
  })

  it('that is long is shortened in the message', () => {
    const ring = Array.from({ length: 50 }, (_, i) => aFlag(`f${i}`, ...(i < 49 ? [`f${i + 1}`] : [])))
    const [problem] = fieldsOf(stateOf(flags(...ring)), {
      kind: 'update-flag',
      key: 'f49',
      changes: { prerequisites: [{ flagKey: 'f0', variationId: 'a' }] },
    })
    expect(problem?.message).toMatch(/^f0 depends on this flag: f49 -> f0 -> f1 .* -> \(40 more\) -> f49$/)
  })

  it('is never stored, whatever the commands', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd')
    const link = fc.tuple(fc.constantFrom('flag', 'segment'), key, key)
    fc.assert(
      fc.property(fc.array(link, { maxLength: 12 }), (links) => {
        const all = ['a', 'b', 'c', 'd']
        let given = stateOf([
          ...flags(...all.map((each) => aFlag(each))),
          ...segments(...all.map((each) => aSegment(each))),
        ])
        for (const [kind, from, to] of links) {
          const before = given[kind as 'flag'].get(from)!
          const command =
            kind === 'flag'
              ? {
                  kind: 'update-flag',
                  key: from,
                  changes: { prerequisites: [...before.prerequisites, { flagKey: to, variationId: 'a' }] },
                }
              : {
                  kind: 'update-segment',
                  id: from,
                  changes: { anyOf: [...given.segment.get(from)!.anyOf, [clause('', 'in-segment', to)]] },
                }
          const changed = attempt(given, command)
          const reaches = (at: string): boolean =>
            at === from ||
            (kind === 'flag'
              ? given.flag.get(at)!.prerequisites.some(({ flagKey }) => reaches(flagKey))
              : given.segment
                  .get(at)!
                  .anyOf.flat()
                  .some(({ values }) => values.some(reaches)))
          expect(changed.ok).toBe(!reaches(to))
          if (changed.ok) given = withWrites(given, changed.value.writes)
        }
      }),
      { numRuns: scaled(200) },
    )
  })
})

describe('depth', () => {
  /** `f0` depends on `f1`, and so on, with the given number of links. */
  const chain = (links: number) =>
    Array.from({ length: links + 1 }, (_, i) => aFlag(`f${i}`, ...(i < links ? [`f${i + 1}`] : [])))
  const above = (links: number) => ({
    kind: 'create-flag',
    flag: draft(aFlag('top', `f${flagDepthMax - links}`)),
  })
  const tooDeep = {
    rule: 'depth',
    message: `makes a chain of ${flagDepthMax + 1} flags below another; at most ${flagDepthMax} are allowed`,
  }

  it('of flags is limited, counted above and below the link that is added', () => {
    const state = stateOf(flags(...chain(flagDepthMax)))
    expect(fieldsOf(state, above(flagDepthMax - 1))).toEqual([])
    expect(fieldsOf(state, above(flagDepthMax))).toMatchObject([{ path: 'prerequisites.0', ...tooDeep }])
    const below = [...chain(flagDepthMax), aFlag('bottom')]
    expect(
      fieldsOf(stateOf(flags(...below)), {
        kind: 'update-flag',
        key: `f${flagDepthMax}`,
        changes: { prerequisites: [{ flagKey: 'bottom', variationId: 'a' }] },
      }),
    ).toMatchObject([tooDeep])
  })

  it('that is already stored blocks neither other edits nor a shorter chain', () => {
    const state = stateOf(flags(...chain(300)))
    const edit = (changes: object) => attempt(state, { kind: 'update-flag', key: 'f0', changes }).ok
    expect(edit({ enabled: false })).toBe(true)
    expect(edit({ prerequisites: [] })).toBe(true)
    expect(edit({ prerequisites: [{ flagKey: 'f1', variationId: 'b' }] })).toBe(true)
    expect(edit({ prerequisites: [{ flagKey: 'f2', variationId: 'a' }] })).toBe(false)
  })

  it('of a document with a chain of 10,000 flags is refused in little time', () => {
    const document = { flags: Object.fromEntries(chain(9_999).map((each) => [each.key, entry(each)])) }
    const startedAt = performance.now()
    const found = fieldsOf(emptyState(), { kind: 'apply', document })
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect(found.length).toBeGreaterThan(1_000)
    expect(found.every((each) => each.rule === 'depth')).toBe(true)
  })

  it('of segments is limited', () => {
    const nested = Array.from({ length: segmentDepthMax + 1 }, (_, i) =>
      aSegment(`s${i}`, ...(i < segmentDepthMax ? [`s${i + 1}`] : [])),
    )
    const create = (to: string) => ({
      kind: 'create-segment',
      segment: { key: 'top', ...ruleWithSegment(to) },
    })
    expect(fieldsOf(stateOf(segments(...nested)), create('s1'))).toEqual([])
    expect(fieldsOf(stateOf(segments(...nested)), create('s0'))).toMatchObject([
      { path: 'anyOf.0.0', rule: 'depth' },
    ])
  })
})

describe('a segment that others refer to', () => {
  const state = stateOf([
    ...segments(aSegment('outer', 'inner'), aSegment('inner')),
    ...flags(flag({ key: 'f', rules: [rule([clause('', 'in-segment', 'outer')])] })),
  ])
  it('cannot be deleted, and the refusal lists its dependents', () => {
    const changed = attempt(state, { kind: 'delete-segment', id: 'inner' })
    expect(changed).toMatchObject({
      ok: false,
      problem: { code: 'IN_USE', dependents: [{ kind: 'segment', id: 'outer' }] },
    })
  })

  it('is deleted with its last dependent, when a document replaces the environment', () => {
    const bare = stateOf(
      segments(aSegment('outer', 'inner'), aSegment('inner', 'innermost'), aSegment('innermost')),
    )
    const changed = attempt(bare, { kind: 'apply', document: { prune: true } })
    expect(changed.ok && changed.value.writes.map(({ id }) => id)).toEqual(['outer', 'inner', 'innermost'])
    const kept = attempt(state, {
      kind: 'apply',
      document: { prune: true, flags: { f: entry(state.flag.get('f')!) } },
    })
    expect(kept).toMatchObject({
      ok: true,
      value: { writes: [], notes: [{ path: 'segments.outer' }, { path: 'segments.inner' }] },
    })
  })
})

describe('a targeting key of two targets', () => {
  const targets = [
    { variationId: 'a', targetingKeys: ['ada', 'bob'] },
    { variationId: 'b', targetingKeys: ['eve', 'bob'] },
  ]
  const repeating = flag({ key: 'f', targets })
  const problem = {
    path: 'targets.1.targetingKeys.1',
    rule: 'duplicate',
    message: 'bob is a target of variation a already, and cannot be one of b',
  }

  it.each([
    ['a creation', emptyState(), { kind: 'create-flag', flag: draft(repeating) }],
    ['a patch', stateOf(flags(flag({ key: 'f' }))), { kind: 'update-flag', key: 'f', changes: { targets } }],
  ])('is refused in %s', (_, state, command) => {
    expect(fieldsOf(state, command)).toEqual([problem])
  })

  it('is refused in a document', () => {
    const found = fieldsOf(emptyState(), { kind: 'apply', document: { flags: { f: entry(repeating) } } })
    expect(found).toEqual([{ ...problem, path: `flags.f.${problem.path}` }])
  })

  it('that is already stored blocks no other edit', () => {
    const state = stateOf(flags(repeating))
    expect(attempt(state, { kind: 'update-flag', key: 'f', changes: { enabled: false } }).ok).toBe(true)
    const fewer = [targets[0], { variationId: 'b', targetingKeys: ['bob'] }]
    expect(fieldsOf(state, { kind: 'update-flag', key: 'f', changes: { targets: fewer } })).toHaveLength(1)
  })

  it('of an import stays with the first, with a finding', () => {
    const checked = checkCandidates(emptyState(), { flags: [repeating], segments: [], findings: [] })
    expect(checked.flags[0]?.targets).toEqual([targets[0], { variationId: 'b', targetingKeys: ['eve'] }])
    expect(checked.findings).toEqual([
      {
        subject: 'flag',
        key: 'f',
        field: problem.path,
        effect: 'lost',
        reason: 'bob is a target of a and of b: the first counts, and is kept',
      },
    ])
  })
})

describe('a rollout that an experiment counts', () => {
  const split = { id: 'd', strategy: rollout({ a: 50_000, b: 50_000 }) }
  const on = (changes: object) =>
    stateOf([
      ...flags(flag({ key: 'f', defaultStrategy: split, ...changes })),
      {
        kind: 'goal',
        id: 'g',
        value: { key: 'g', name: '', event: 'g', version: 1, createdAt: 0, updatedAt: 0 },
      },
    ])
  const experiment = { flagKey: 'f', goalKeys: ['g'], baselineVariationId: 'a' }
  const begin = { kind: 'create-experiment', experiment }

  it('may split by an attribute, which the phase records, and may not be split anew while it runs', () => {
    const phasesOf = (changes: object) => {
      const made = attempt(on(changes), begin)
      return made.ok && made.value.writes.map(({ value }) => (value as { phases?: unknown }).phases)
    }
    const weights = { a: 50_000, b: 50_000 }
    expect(phasesOf({ bucketBy: 'company' })).toMatchObject([[{ weights, unitAttribute: 'company' }]])
    expect(phasesOf({ bucketBy: 'id' })).toEqual([[{ weights, startAt: expect.any(Number) }]])
    const running = attempt(on({}), begin)
    if (!running.ok) throw new Error('not made')
    const state = withWrites(on({}), running.value.writes)
    const edit = (changes: object) => attempt(state, { kind: 'update-flag', key: 'f', changes })
    const resplit = { bucketBy: 'company', resetSeed: true, allocation: 'fine' }
    expect(edit(resplit)).toMatchObject({ ok: false, problem: { code: 'EXPERIMENT_RUNNING' } })
    expect(edit({ defaultStrategy: { ...split, bucketBy: 'company' } }).ok).toBe(false)
    expect(edit({ bucketBy: 'company', defaultStrategy: { ...split, bucketBy: 'id' } }).ok).toBe(true)
  })
})
