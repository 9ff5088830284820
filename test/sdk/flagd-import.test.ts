// flagd's published evaluator and core agree: definitions are imported, and both evaluate generated targeting
// on generated contexts, with attributes of the types that the rules expect and of others. Where they differ,
// a finding names the attribute and the kind of value. A flag that was not imported has a finding with the
// reason.
import { FlagdCore } from '@openfeature/flagd-core'
import { expect, it } from 'vitest'
import fc from '../support/build/fast-check.ts'
import { type CompiledSnapshot, compile } from '../../core/evaluation/compile.ts'
import { emptyState } from '../../core/model/environment-state.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import { type Candidates, type Finding, checkCandidates } from '../../core/change/import-plan.ts'
import { Definitions } from '../../workers/protocols/flagd/import/definitions.ts'
import { fromDefinitions } from '../../workers/protocols/flagd/import/flags.ts'
import { toContext } from '../../workers/protocols/ofrep/translate.ts'
import { context, definition, type Json } from '../support/build/flagd-definitions.ts'
import { snapshotOf } from '../support/build/flags.ts'

const seed = Number(process.env['TACKLINE_SEED'] ?? 20_261_129)
const definitionsCount = 700
const contextsPerDefinition = 16

type Context = Readonly<Record<string, Json>>

const quiet = () => {}
const silent = { error: quiet, warn: quiet, info: quiet, debug: quiet }

const imported = (definitions: unknown): Candidates =>
  checkCandidates(
    emptyState(),
    fromDefinitions(Definitions.parse(JSON.parse(JSON.stringify(definitions))), 0),
  )

interface Evaluated {
  readonly variant: string | undefined
  readonly value: unknown
  readonly failed: 'comparison' | 'variant' | undefined
}

function theirs(core: FlagdCore, key: string, context: Context): Evaluated {
  const flag = core.getFlag(key)!
  const { variant, value, errorMessage } = flag.evaluate(context)
  const failed = errorMessage?.startsWith('Error evaluating')
    ? 'comparison'
    : errorMessage === undefined
      ? undefined
      : 'variant'
  return failed ? { variant: undefined, value: undefined, failed } : { variant, value, failed }
}

function ours(ready: CompiledSnapshot, key: string, context: Context): Evaluated {
  const { variation } = evaluate(ready, key, toContext(context as { targetingKey?: string }))
  return { variant: variation?.id, value: variation?.typed, failed: undefined }
}

const valueAt = (of: Context, path: string): Json | undefined =>
  path
    .split('.')
    .reduce<Json | undefined>(
      (value, name) => (isStructure(value) ? (value as Context)[name] : undefined),
      of as Json,
    )
const isStructure = (value: Json | undefined) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a finding says that this context gets another result here. */
function isReported({ reason }: Finding, of: Context): boolean {
  const [attribute = '', said = ''] = reason.split(/: (.*)/s)
  const value = valueAt(of, attribute)
  if (said.startsWith('a context without this attribute')) return value === undefined || value === null
  if (said.startsWith('an attribute of exactly this name')) return Object.hasOwn(of, attribute)
  const text = /^the text (".*") counts as/.exec(said)?.[1]
  if (text !== undefined) return value === JSON.parse(text)
  const printed = /^(\S+) counts as the text/.exec(said)?.[1]
  if (printed !== undefined) return typeof value !== 'string' && JSON.stringify(value) === printed
  if (said.startsWith('the texts "false" and "0"')) return value === 'false' || value === '0'
  if (said.startsWith('null counts as missing')) return value === null
  if (said.startsWith('0 and false')) return value === 0 || value === false
  return said.includes('a number or boolean') && (typeof value === 'number' || typeof value === 'boolean')
}
const asked = ['a', 'n', 'v', 'b', 'id', 'o.p', 'o.q.r']
/** Whether an attribute that rules may test is a list or an object. */
const hasStructure = (of: Context) =>
  asked.some((path) => {
    const value = valueAt(of, path)
    return typeof value === 'object' && value !== null
  })

it(`the published evaluator and core decide ${definitionsCount * contextsPerDefinition} evaluations alike, or a finding reports the difference, seed ${seed}`, () => {
  const counts = { same: 0, comparisonFails: 0, structure: 0, reported: 0, leftOut: 0 }
  const unsaid: string[] = []
  for (const [at, json] of fc.sample(definition, { seed, numRuns: definitionsCount }).entries()) {
    const { flags, findings } = imported(json)
    if (flags.length === 0) {
      counts.leftOut++
      const left = findings.filter(({ effect }) => effect === 'left-out')
      expect(left, JSON.stringify(json)).not.toEqual([])
      continue
    }
    const core = new FlagdCore(undefined, silent)
    core.setConfigurations(JSON.stringify(json))
    const ready = compile(snapshotOf(flags))
    const saysOfAll = (part: string) =>
      findings.some(({ subject, reason }) => subject === 'environment' && reason.includes(part))
    for (const who of fc.sample(context, { seed: seed + at, numRuns: contextsPerDefinition })) {
      const said = theirs(core, 'flag', who)
      const got = ours(ready, 'flag', who)
      if (said.variant === got.variant && said.value === got.value) {
        counts.same++
        continue
      }
      const isTheirFailure = said.failed === 'comparison'
      const isSaid =
        (isTheirFailure && saysOfAll('another type')) ||
        (hasStructure(who) && saysOfAll('lists or objects')) ||
        findings.some((finding) => isReported(finding, who))
      if (!isSaid) unsaid.push(JSON.stringify({ json, who, said, got, findings, rules: flags[0]?.rules }))
      else if (isTheirFailure) counts.comparisonFails++
      else if (hasStructure(who)) counts.structure++
      else counts.reported++
    }
  }
  expect(unsaid.toSorted((one, other) => one.length - other.length)[0]).toBeUndefined()
  // Most flags are imported, and most of these agree: the findings do not excuse everything.
  expect(counts.same).toBeGreaterThan(5_000)
  expect(counts.leftOut).toBeLessThan(definitionsCount / 2)
  expect(counts.reported + counts.structure).toBeLessThan(counts.same / 10)
}, 120_000)

// The cases of flagd's own conformance suite: a rule, a context, and flagd's variant.
const isBallmer = { $evaluators: { is_ballmer: { '==': ['ballmer@macrosoft.com', { var: ['email'] }] } } }
const compareTo = (version: string) => ({
  if: [
    { sem_ver: [{ var: 'version' }, '=', version] },
    'equal',
    {
      if: [
        { sem_ver: [{ var: 'version' }, '>', version] },
        'greater',
        { if: [{ sem_ver: [{ var: 'version' }, '<', version] }, 'lesser', 'none'] },
      ],
    },
  ],
})
const nearTo = {
  if: [
    { sem_ver: [{ var: 'version' }, '~', '3.0.0'] },
    'minor',
    { if: [{ sem_ver: [{ var: 'version' }, '^', '3.0.0'] }, 'major', 'none'] },
  ],
}
const affixes = {
  if: [
    { starts_with: [{ var: 'name' }, 'abc'] },
    'prefix',
    { if: [{ ends_with: [{ var: 'name' }, 'xyz'] }, 'postfix', 'none'] },
  ],
}
const ofAge = {
  if: [{ '>=': [{ var: 'age' }, 18] }, 'adult', { '<': [{ var: 'age' }, 18] }, 'minor', 'none'],
}

it.each<[unknown, Context, string]>([
  [{ if: [{ $ref: 'is_ballmer' }, 'hi', 'bye'] }, { email: 'ballmer@macrosoft.com' }, 'hi'],
  [{ if: [{ $ref: 'is_ballmer' }, 'hi', 'bye'] }, { email: 'ballmer@none.com' }, 'bye'],
  [{ if: [{ $ref: 'is_ballmer' }, 'hi'] }, {}, 'none'],
  [
    { if: [{ '==': [{ var: 'targetingKey' }, '5c3d8535'] }, 'hit', null] },
    { targetingKey: '5c3d8535' },
    'hit',
  ],
  [
    { if: [{ '==': [{ var: 'targetingKey' }, '5c3d8535'] }, 'hit', null] },
    { targetingKey: 'f20bd32d' },
    'none',
  ],
  [affixes, { name: 'abcdef' }, 'prefix'],
  [affixes, { name: 'uvwxyz' }, 'postfix'],
  [affixes, { name: 'abcxyz' }, 'prefix'],
  [affixes, { name: 'lmnopq' }, 'none'],
  [affixes, { name: 3 }, 'none'],
  [compareTo('2.0.0'), { version: '2.0.0' }, 'equal'],
  [compareTo('2.0.0'), { version: '2.1.0' }, 'greater'],
  [compareTo('2.0.0'), { version: '1.9.0' }, 'lesser'],
  [compareTo('2.0.0'), { version: '2.0.0-alpha' }, 'lesser'],
  [compareTo('2.0.0'), { version: '2.0.0.0' }, 'none'],
  [compareTo('2.0.0'), {}, 'none'],
  [compareTo('v2.10'), { version: '2.9' }, 'lesser'],
  [compareTo('v2.10'), { version: 'V2.10.0+build' }, 'equal'],
  [compareTo('2'), { version: 10 }, 'greater'],
  [compareTo('1.0.0+build'), { version: '1.0.0+other' }, 'equal'],
  [nearTo, { version: '3.0.1' }, 'minor'],
  [nearTo, { version: '3.1.0' }, 'major'],
  [nearTo, { version: '4.0.0' }, 'none'],
  [nearTo, { version: '30.0.0' }, 'none'],
  [nearTo, { version: '3' }, 'minor'],
  [ofAge, { age: 18 }, 'adult'],
  [ofAge, { age: '18' }, 'adult'],
  [ofAge, { age: 17.5 }, 'minor'],
  [ofAge, {}, 'minor'],
  [ofAge, { age: null }, 'minor'],
  [ofAge, { age: '' }, 'minor'],
  [ofAge, { age: true }, 'minor'],
  [ofAge, { age: 1e21 }, 'adult'],
  [{ if: [{ '==': [{ var: 'n' }, 0] }, 'hit'] }, {}, 'hit'],
  [{ if: [{ '==': [{ var: 'n' }, '5'] }, 'hit'] }, { n: 5 }, 'hit'],
  [{ if: [{ '===': [{ var: 'n' }, 5] }, 'hit'] }, { n: 5 }, 'hit'],
  [{ if: [{ '!=': [{ var: 'plan' }, 'pro'] }, 'hit'] }, {}, 'hit'],
  [{ if: [{ in: ['pro', { var: 'plans' }] }, 'hit'] }, { plans: ['free', 'pro'] }, 'hit'],
  [{ if: [{ missing: ['plan'] }, 'hit'] }, {}, 'hit'],
  [{ if: [{ var: 'beta' }, 'hit'] }, { beta: true }, 'hit'],
  [{ if: [{ var: 'beta' }, 'hit'] }, { beta: 0 }, 'none'],
  [{ var: 'wanted' }, { wanted: 'hi' }, 'hi'],
])('%j gives %j the variant %s, in flagd and here', (of, who, expected) => {
  const names = [
    'hi',
    'bye',
    'hit',
    'prefix',
    'postfix',
    'equal',
    'greater',
    'lesser',
    'minor',
    'major',
    'adult',
    'none',
  ]
  const json = {
    flags: {
      flag: {
        state: 'ENABLED',
        variants: Object.fromEntries(names.map((each, i) => [each, i])),
        defaultVariant: 'none',
        targeting: of,
      },
    },
    ...isBallmer,
  }
  const core = new FlagdCore(undefined, silent)
  core.setConfigurations(JSON.stringify(json))
  const expectedResult = { variant: expected, value: names.indexOf(expected), failed: undefined }
  expect(theirs(core, 'flag', who)).toEqual(expectedResult)
  const ready = compile(snapshotOf(imported(json).flags))
  expect(ours(ready, 'flag', who)).toEqual(expectedResult)
  // A user who matches targeting here does so in flagd too. Its last else is our default strategy.
  const { reason } = evaluate(ready, 'flag', toContext(who as { targetingKey?: string }))
  if (reason === 'TARGETING_MATCH')
    expect(['TARGETING_MATCH', 'DEFAULT']).toContain(core.getFlag('flag')!.evaluate(who).reason)
  else expect(reason).toBe('DEFAULT')
})

it('fractional gives the same shares to other users, and the default variant to users without targeting key', () => {
  const split = [
    ['red', 20],
    ['green', 30],
    ['blue', 50],
  ]
  const json = {
    flags: {
      flag: {
        state: 'ENABLED',
        variants: { red: 'r', green: 'g', blue: 'b', none: 'n' },
        defaultVariant: 'none',
        targeting: { if: [{ '==': [{ var: 'plan' }, 'free'] }, 'none', { fractional: split }] },
      },
    },
  }
  const core = new FlagdCore(undefined, silent)
  core.setConfigurations(JSON.stringify(json))
  const ready = compile(snapshotOf(imported(json).flags))
  const users = Array.from({ length: 10_000 }, (_, i) => ({ targetingKey: `user-${i}` }))
  const shareOf = (decide: (who: Context) => Evaluated, wanted: unknown) =>
    users.filter((who) => decide(who).variant === wanted).length / users.length
  for (const [wanted, percent] of split) {
    expect(Math.abs(shareOf((who) => ours(ready, 'flag', who), wanted) - Number(percent) / 100)).toBeLessThan(
      0.02,
    )
    expect(
      Math.abs(shareOf((who) => theirs(core, 'flag', who), wanted) - Number(percent) / 100),
    ).toBeLessThan(0.02)
  }
  for (const who of [{}, { plan: 'free' }, { plan: 'free', targetingKey: 'user-1' }]) {
    expect(theirs(core, 'flag', who).variant).toBe('none')
    expect(ours(ready, 'flag', who).variant).toBe('none')
  }
})
