// What applying a document does to an environment: laws over random environments, and every optional part.
import { describe, expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { clause, fixed, flag, rollout, rule, segment } from '../../../test/support/build/flags.ts'
import { scaled } from '../../../test/support/build/scale.ts'
import { change } from '../change.ts'
import { emptyState, type EnvironmentState, settingsId, withWrites } from '../../model/environment-state.ts'
import { experimentStatuses } from '../../model/experiment.ts'
import { Flag } from '../../model/flag.ts'
import { Settings } from '../../model/settings.ts'
import { toDocument } from './export.ts'
import { Document } from './schema.ts'

let made = 0
const apply = (state: EnvironmentState, document: unknown, version?: number) =>
  change(
    state,
    { kind: 'apply', document: Document.parse(document), version },
    { now: 5_000, newId: () => `new-${++made}`, revision: 7 },
  )
function applied(state: EnvironmentState, document: unknown) {
  const answer = apply(state, document)
  if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
  return { ...answer.value, state: withWrites(state, answer.value.writes) }
}
const throughText = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const kept = { version: 3, createdAt: 1_000, updatedAt: 2_000 }
const stateOf = (parts: Partial<EnvironmentState>): EnvironmentState => ({ ...emptyState(), ...parts })
const byKey = <T extends { key: string }>(...entities: T[]) =>
  new Map(entities.map((each) => [each.key, each]))
const flags = (...all: Flag[]) => stateOf({ flag: byKey(...all), tag: new Map() })
const keys = ['f0', 'f1', 'f2', 'f3']
const variation = fc.constantFrom('a', 'b', 'c')
const strategy = fc.oneof(
  variation.map(fixed),
  fc.integer({ min: 0, max: 100 }).map((cut) => rollout({ a: cut * 1_000, b: (100 - cut) * 1_000 })),
  fc.constant(rollout({ a: 30_000 }, { percentage: 20, defaultVariationId: 'c' })),
)
const anyClause = fc.oneof(
  fc.record({
    attribute: fc.constantFrom('x', 'id'),
    operator: fc.constantFrom('equals' as const, 'not-equals' as const, 'exists' as const),
    values: fc.array(fc.constantFrom('', 'a', 'é'), { minLength: 1, maxLength: 2 }),
  }),
  fc.constant(clause('', 'in-segment', 's0')),
)
const targetOfAda = fc.record({ variationId: variation, targetingKeys: fc.constant<string[]>(['ada']) })
const anyFlag = (key: string, at: number) =>
  fc
    .record({
      type: fc.constantFrom('string' as const, 'yaml' as const),
      enabled: fc.boolean(),
      archived: fc.boolean(),
      description: fc.constantFrom('', 'why'),
      allocation: fc.constantFrom('percent' as const, 'fine' as const),
      seed: fc.constantFrom('', 'seed'),
      tags: fc.subarray(['web', 'app']),
      targets: fc.array(targetOfAda, { maxLength: 1 }),
      rules: fc.array(
        fc.record({
          anyOf: fc.array(fc.array(anyClause, { minLength: 1, maxLength: 2 }), {
            minLength: 1,
            maxLength: 2,
          }),
          strategy,
          name: fc.constantFrom('', 'r'),
        }),
        {
          maxLength: 3,
        },
      ),
      prerequisite: fc.option(fc.constantFrom(...keys.slice(0, at), key), { nil: undefined }),
      metadata: fc.constantFrom(undefined, { owner: 'web', weight: 2 }, {}),
      hasOff: fc.boolean(),
      defaultStrategy: strategy,
    })
    .map(({ type, rules, prerequisite, hasOff, defaultStrategy, ...rest }) => {
      const built = flag({
        key,
        ...rest,
        ...kept,
        type,
        rules: rules.map((each, i) => ({ ...each, id: `${key}-${i}` })),
        prerequisites:
          prerequisite && prerequisite !== key ? [{ flagKey: prerequisite, variationId: 'a' }] : [],
        defaultStrategy: { id: `${key}-d`, strategy: defaultStrategy },
      })
      const { offVariationId: _, ...silent } = built
      const variations = built.variations.map((each) =>
        type === 'yaml' ? { ...each, json: '"made"' } : each,
      )
      return Flag.parse({ ...(hasOff ? built : silent), variations })
    })
const environment = fc
  .record({
    flags: fc.tuple(...keys.map(anyFlag)),
    included: fc.subarray(['ada', 'bob']),
    settings: fc.option(
      fc
        .record({ defaultAllocation: fc.constantFrom('percent', 'fine'), requireComment: fc.boolean() })
        .map((fields) => ({ ...Settings.parse(fields), ...kept })),
      { nil: undefined },
    ),
    status: fc.constantFrom(...experimentStatuses),
    fired: fc.constantFrom('active' as const, 'fired' as const),
  })
  .map(({ flags: all, included, settings, status, fired }) => {
    const on = all.find(({ defaultStrategy }) => defaultStrategy.strategy.kind === 'rollout')
    const experiment = on && {
      id: 'e0',
      name: '',
      flagKey: on.key,
      ruleId: on.defaultStrategy.id,
      goalKeys: ['g0'],
      baselineVariationId: 'a',
      startAt: 1_000,
      stopAt: 9_000,
      status,
      ...kept,
    }
    const operation = {
      id: 'o0',
      kind: 'event-rate' as const,
      flagKey: 'f0',
      variationId: 'a',
      goalKey: 'g0',
      comparison: 'at-least' as const,
      threshold: 0.5,
      minimumUsers: 10,
      status: fired,
      countingFrom: 1_000,
      ...kept,
    }
    return stateOf({
      flag: byKey(...all),
      segment: byKey(segment({ key: 's0', included, ...kept })),
      goal: byKey({ key: 'g0', name: '', event: 'g0', ...kept }),
      tag: byKey({ key: 'web', name: 'Web', ...kept }, { key: 'app', name: '', ...kept }),
      ...(settings && { settings: new Map([[settingsId, settings]]) }),
      ...(experiment && { experiment: new Map([['e0', experiment]]) }),
      operation: new Map([['o0', operation]]),
    })
  })
/** YAML becomes JSON where it is written, outside core. */
const withMadeJson = (document: unknown): unknown => {
  const parsed = Document.parse(document)
  for (const each of Object.values(parsed.flags))
    if (each.type === 'yaml')
      each.variations = each.variations.map((idAndVersion) => ({ ...idAndVersion, json: '"made"' }))
  return parsed
}

describe('export and apply', () => {
  it('an environment’s own document changes nothing, whole or not', () => {
    fc.assert(
      fc.property(environment, fc.boolean(), (state, prune) => {
        const document = { ...(throughText(toDocument(state)) as object), prune }
        expect(apply(state, withMadeJson(document))).toMatchObject({ ok: true, value: { writes: [] } })
      }),
      { numRuns: scaled(300) },
    )
  })

  it('a document applied to an empty environment is exported again as it was', () => {
    fc.assert(
      fc.property(environment, (state) => {
        const document = throughText(toDocument(state))
        const { state: there } = applied(emptyState(), withMadeJson(document))
        expect(throughText(toDocument(there))).toEqual(document)
      }),
      { numRuns: scaled(300) },
    )
  })

  it('a document applied to any other environment makes it so, and once more changes nothing', () => {
    fc.assert(
      fc.property(environment, environment, (wanted, state) => {
        const document = withMadeJson({ ...(throughText(toDocument(wanted)) as object), prune: true })
        const first = apply(state, document)
        if (!first.ok && first.problem.code === 'EXPERIMENT_RUNNING') return
        if (!first.ok) {
          // what else is wrong then follows from these
          const reasons = /^never changes$|^this would break|^would move nearly all|: it cannot be \w+$/
          expect(first.problem.fields?.map(({ message }) => message)).toContainEqual(
            expect.stringMatching(reasons),
          )
          return
        }
        const there = withWrites(state, first.value.writes)
        expect(apply(there, document)).toMatchObject({ ok: true, value: { writes: [] } })
      }),
      { numRuns: scaled(300) },
    )
  })

  it('has one order and leaves out what goes without saying', () => {
    const state = flags(flag({ key: 'b', tags: ['web'] }), flag({ key: 'a', ...kept }))
    expect(toDocument(state)).toEqual({
      format: 1,
      flags: {
        a: {
          type: 'string',
          variations: ['a', 'b', 'c'].map((id) => ({ id, name: id, value: `value ${id}` })),
          enabled: true,
          offVariationId: 'c',
          defaultStrategy: { id: 'a-default', strategy: fixed('a') },
          allocation: 'percent',
        },
        b: expect.objectContaining({ tags: ['web'] }) as unknown,
      },
    })
    expect(Object.keys(toDocument(state).flags ?? {})).toEqual(['a', 'b'])
  })
})

describe('what the author leaves out', () => {
  const entry = (changes: object = {}) => ({
    type: 'string',
    enabled: true,
    variations: ['a', 'b'].map((id) => ({ id, value: id })),
    defaultStrategy: { strategy: fixed('a') },
    ...changes,
  })
  const drafts = (...texts: string[]) =>
    texts.map((value) => ({ anyOf: [[clause('x', 'equals', value)]], strategy: fixed('b') }))
  const ruleIds = (state: EnvironmentState) => state.flag.get('f')!.rules.map(({ id }) => id)

  it('applying one hand-written document twice changes nothing the second time', () => {
    const document = {
      flags: {
        f: entry({
          rules: drafts('1', '2'),
          allocation: 'fine',
          defaultStrategy: { strategy: rollout({ a: 50_000, b: 50_000 }) },
        }),
      },
      goals: { g: {} },
      experiments: { e: { flagKey: 'f', goalKeys: ['g'], baselineVariationId: 'a' } },
      operations: {
        o: {
          kind: 'event-rate',
          flagKey: 'f',
          variationId: 'a',
          goalKey: 'g',
          comparison: 'at-most',
          threshold: 0.1,
          minimumUsers: 5,
        },
      },
    }
    const { state } = applied(emptyState(), document)
    expect(apply(state, document)).toMatchObject({ ok: true, value: { writes: [] } })
  })

  it('rules without ids keep those of the rules that they are: moved, edited in place, or beside a new one', () => {
    const first = applied(emptyState(), { flags: { f: entry({ rules: drafts('1', '2', '3') }) } }).state
    const [idAndVersion, two, three] = ruleIds(first)
    const after = (...rules: object[]) => ruleIds(applied(first, { flags: { f: entry({ rules }) } }).state)
    expect(after(...drafts('3', '1', '2'))).toEqual([three, idAndVersion, two])
    expect(after(...drafts('1', '2 or so', '3'))).toEqual([idAndVersion, two, three])
    expect(after(...drafts('1', '3'))).toEqual([idAndVersion, three])
    const reweighed = { anyOf: [[clause('x', 'equals', '2')]], strategy: rollout({ a: 10_000 }) }
    expect(after(...drafts('1'), reweighed, ...drafts('4', '5'))).toEqual([
      idAndVersion,
      two,
      expect.stringMatching(/^new-/),
      expect.stringMatching(/^new-/),
    ])
  })

  it('a flag keeps its allocation and its seed; a new one gets the environment’s default', () => {
    const state = flags(
      flag({
        key: 'f',
        allocation: 'fine',
        seed: 'seed',
        variations: flag().variations.slice(0, 2),
        offVariationId: 'a',
      }),
    )
    const { state: after } = applied(state, {
      settings: { defaultAllocation: 'fine' },
      flags: { f: entry(), g: entry() },
    })
    expect(after.flag.get('f')).toMatchObject({ allocation: 'fine', seed: 'seed', version: 2 })
    expect(after.flag.get('g')).toMatchObject({ allocation: 'fine', version: 1 })
  })

  it('what the document does not name is left alone, and goes when it is the whole', () => {
    const state = stateOf({
      flag: byKey(
        flag({ key: 'f' }),
        flag({ key: 'old', tags: ['web'], rules: [rule([clause('', 'in-segment', 'used')])] }),
      ),
      segment: byKey(segment({ key: 'used' }), segment({ key: 'free' })),
      tag: byKey({ key: 'web', name: '', ...kept }, { key: 'idle', name: '', ...kept }),
    })
    const document = { flags: toDocument(flags(flag({ key: 'f' }))).flags }
    expect(applied(state, document).writes).toEqual([])
    const { writes, notes } = applied(state, { ...document, prune: true })
    expect(writes.map(({ kind, id, value }) => `${kind} ${id} ${value ? 'kept' : 'gone'}`)).toEqual([
      'flag old kept',
      'segment free gone',
      'tag idle gone',
    ])
    expect(writes[0]?.value).toMatchObject({ archived: true })
    expect(notes).toMatchObject([{ path: 'segments.used' }, { path: 'tags.web' }])
  })
})

describe('a document is refused', () => {
  const state = flags(
    flag({ key: 'f' }),
    flag({ key: 'g', prerequisites: [{ flagKey: 'f', variationId: 'a' }] }),
  )
  const entry = toDocument(state).flags!['f'] as Record<string, unknown>

  it('whole, with every field that is wrong', () => {
    const answer = apply(state, {
      flags: {
        bad: { ...entry, defaultStrategy: { strategy: fixed('gone') }, offVariationId: 'gone' },
        other: {
          ...entry,
          type: 'string',
          defaultStrategy: { strategy: fixed('a') },
          prerequisites: [{ flagKey: 'nowhere', variationId: 'a' }],
        },
        f: {
          ...entry,
          type: 'json',
          variations: [{ id: 'a', value: '{}' }],
          defaultStrategy: { strategy: fixed('a') },
          offVariationId: 'a',
        },
      },
      experiments: { e: { flagKey: 'f', goalKeys: ['gone'], baselineVariationId: 'a' } },
    })
    expect(answer).toMatchObject({ ok: false, problem: { code: 'INVALID' } })
    const paths = answer.ok ? [] : answer.problem.fields?.map(({ path }) => path)
    expect(paths).toEqual([
      'flags.bad.offVariationId',
      'flags.bad.defaultStrategy.strategy.variationId',
      'flags.f.type',
      'flags.other.prerequisites.0',
      'experiments.e.ruleId',
      'experiments.e.goalKeys.0',
    ])
  })

  it('where it takes away what a flag beside it stands on', () => {
    const withoutA = {
      ...entry,
      variations: [{ id: 'b', value: 'b' }],
      offVariationId: 'b',
      defaultStrategy: { strategy: fixed('b') },
    }
    expect(apply(state, { flags: { f: withoutA } })).toMatchObject({
      ok: false,
      problem: { fields: [{ path: 'flags.g.prerequisites.0' }] },
    })
    expect(apply(state, { flags: { f: { ...entry, archived: true } } })).toMatchObject({
      ok: false,
      problem: { fields: [{ path: 'flags.f.archived' }] },
    })
  })

  it('on another revision than its author saw', () => {
    expect(apply(state, { flags: {} }, 6)).toMatchObject({ ok: false, problem: { code: 'CONFLICT' } })
    expect(apply(state, { flags: {} }, 7)).toMatchObject({ ok: true })
  })

  it('where it would move an experiment to another rule, or edit one that has stopped', () => {
    const split = flag({
      key: 'f',
      defaultStrategy: { id: 'd', strategy: rollout({ a: 50_000, b: 50_000 }) },
    })
    const experiment = {
      id: 'e',
      name: '',
      flagKey: 'f',
      ruleId: 'd',
      goalKeys: ['g'],
      baselineVariationId: 'a',
      startAt: 1,
      stopAt: 2,
      status: 'stopped' as const,
      ...kept,
    }
    const there = stateOf({
      flag: byKey(split),
      goal: byKey({ key: 'g', name: '', event: 'g', ...kept }),
      experiment: new Map([['e', experiment]]),
    })
    const target = { flagKey: 'f', goalKeys: ['g'], baselineVariationId: 'b' }
    expect(apply(there, { experiments: { e: target } })).toMatchObject({
      ok: false,
      problem: { fields: [{ path: 'experiments.e.baselineVariationId' }] },
    })
  })
})
