// Cloudflare's own flag product and core agree: generated flags are put into the local store that wrangler
// runs, listed as its CLI lists them, and imported; both decide for generated contexts. Only flags with
// percentages, whose users move, are compared by their shares alone.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { getPlatformProxy } from 'wrangler'
import { compile } from '../../core/evaluation/compile.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import { checkCandidates } from '../../core/change/import-plan.ts'
import { emptyState } from '../../core/model/environment-state.ts'
import { FlagList } from '../../workers/protocols/cloudflare/import/definitions.ts'
import { fromFlagList } from '../../workers/protocols/cloudflare/import/flags.ts'
import { toContext } from '../../workers/protocols/ofrep/translate.ts'
import { scaled } from '../support/build/scale.ts'
import fc from '../support/build/fast-check.ts'
import { snapshotOf } from '../support/build/flags.ts'

const seed = Number(process.env['TACKLINE_SEED'] ?? 20_261_130)
/** TEST_SCALE=3 makes more than 10,000 cells of them. */
const flagsCount = scaled(200)
const contextsPerFlag = 20

interface Answer {
  readonly variant: string
  readonly value: unknown
  readonly reason: string
}
interface Store {
  putFlags(flags: object[], accountTag: string): Promise<void>
  listFlags(): Promise<object[]>
  evaluateFlag(key: string, context: object): Promise<Answer>
}

const folder = mkdtempSync(path.join(tmpdir(), 'tackline-cloudflare-flags-'))
let dispose: () => Promise<void>
let store: Store
beforeAll(async () => {
  const configPath = path.join(folder, 'wrangler.json')
  const flagship = [{ binding: 'FLAGS', app_id: 'shop' }]
  writeFileSync(
    configPath,
    JSON.stringify({ name: 'flags', compatibility_date: '2026-10-20', send_metrics: false, flagship }),
  )
  const proxy = await getPlatformProxy({ configPath, persist: { path: path.join(folder, 'state') } })
  dispose = proxy.dispose
  const binding = proxy.env['FLAGS'] as Record<string, () => Promise<Store>>
  store = await binding['FlagshipBinding::admin_api']!()
})
afterAll(async () => {
  await dispose?.()
  rmSync(folder, { recursive: true, force: true })
})

const word = fc.constantFrom(
  'pro',
  'team',
  'free',
  'Pro',
  '',
  'a.b',
  '1.0.0',
  'v1.0.0',
  '1.0.0+b',
  '12',
  'true',
)
const number = fc.constantFrom(0, 1, 2, 10, 17.5, -3, 1e6, 0.1)
const time = fc.constantFrom(
  '2026-01-01T00:00:00Z',
  '2026-06-01T12:00:00.250+02:00',
  '2027-01-01T00:00:00.000Z',
)
const textual = fc.constantFrom('plan', 'account.plan', 'country', 'targetingKey')

const comparison = fc.oneof(
  fc.record({
    attribute: textual,
    operator: fc.constantFrom('equals', 'not_equals', 'contains', 'starts_with', 'ends_with'),
    value: fc.oneof(word, fc.boolean(), number),
  }),
  fc.record({
    attribute: fc.constantFrom('age', 'plan', 'isPaying'),
    operator: fc.constantFrom('equals', 'not_equals'),
    value: fc.oneof(number, fc.boolean()),
  }),
  fc.record({
    attribute: fc.constantFrom('age', 'account.seats', 'isPaying'),
    operator: fc.constantFrom('greater_than', 'less_than', 'greater_than_or_equals', 'less_than_or_equals'),
    value: fc.oneof(number, number.map(String), fc.boolean()),
  }),
  fc.record({
    attribute: fc.constantFrom('since', 'account.since'),
    operator: fc.constantFrom('greater_than', 'less_than', 'greater_than_or_equals', 'less_than_or_equals'),
    value: time,
  }),
  fc.record({
    attribute: fc.constantFrom('plan', 'account.plan', 'age'),
    operator: fc.constantFrom('in', 'not_in'),
    value: fc.array(fc.oneof(word, number, fc.boolean(), fc.constant(null)), { maxLength: 4 }),
  }),
  fc.record({
    attribute: fc.constantFrom('tags', 'account.tags'),
    operator: fc.constantFrom('has', 'not_has'),
    value: fc.oneof(word, number),
  }),
)
const { condition } = fc.letrec((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    comparison,
    fc.record({
      logical_operator: fc.constantFrom('AND', 'OR'),
      clauses: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}))
const rule = fc.record({
  conditions: fc.array(condition, { minLength: 1, maxLength: 2 }),
  serve_variation: fc.constantFrom('a', 'b', 'c'),
  rollout: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.record({ percentage: fc.constantFrom(0, 12.5, 33.33, 100) }) },
  ),
})
const valuesOf = fc.constantFrom<unknown[]>(
  ['one', 'two', 'three'],
  [1, 2, 3.5],
  [{ x: 1 }, [1, 2], {}],
  [true, false, true],
)
const definition = fc
  .record({
    values: valuesOf,
    enabled: fc.constantFrom(true, true, true, false),
    default_variation: fc.constantFrom('a', 'b', 'c'),
    description: fc.constantFrom(null, 'A flag'),
    rules: fc.array(rule, { maxLength: 4 }),
    metadata: fc.constantFrom(null, { team: 'shop', tier: 2, live: true }),
  })
  .map(({ values: [a, b, c], rules, ...rest }) => ({
    ...rest,
    variations: { a, b, c },
    rules: rules.map(({ rollout, ...each }, i) => ({
      ...each,
      priority: rules.length - i,
      ...(rollout && { rollout }),
    })),
  }))

const context = fc.record(
  {
    targetingKey: fc.constantFrom('ada', 'pro', '12', 'v1.0.0'),
    plan: fc.oneof(word, number, time),
    country: word,
    age: fc.oneof(number, number.map(String), fc.constantFrom('old', '')),
    isPaying: fc.boolean(),
    since: fc.oneof(time, number, fc.constantFrom('yesterday')),
    tags: fc.array(fc.oneof(word, number), { maxLength: 3 }),
    account: fc.record(
      { plan: word, seats: number, since: time, tags: fc.array(word, { maxLength: 3 }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['targetingKey'] },
)

/** Without what is undefined, and with usual prototypes. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

/** As `wrangler flagship flags list APP --all --json` prints them. */
async function exported(definitions: readonly object[]): Promise<FlagList> {
  await store.putFlags(plain([...definitions]), 'account')
  const items = (await store.listFlags()).filter((flag) =>
    definitions.some((each) => (each as { key: string }).key === (flag as { key: string }).key),
  )
  return FlagList.parse(JSON.parse(JSON.stringify({ items, cursor: null })))
}

const imported = (list: FlagList) => checkCandidates(emptyState(), fromFlagList(list, 0))
it('decides thousands of cells as the original', { timeout: 300_000 }, async () => {
  const definitions = fc
    .sample(definition, { numRuns: flagsCount, seed })
    .map((each, i) => ({ ...each, key: `flag-${i}` }))
  const contexts = plain(fc.sample(context, { numRuns: flagsCount * contextsPerFlag, seed }))
  const { flags, findings } = imported(await exported(definitions))
  const byKey = new Map(flags.map((flag) => [flag.key, flag]))
  const leftOut = new Set(findings.filter(({ effect }) => effect === 'left-out').map(({ key }) => key))
  const moving = new Set(
    findings.filter(({ reason }) => reason.startsWith('users move')).map(({ key }) => key),
  )
  const ready = compile(snapshotOf(flags))
  const differing: object[] = []
  const variants = new Set<string>()
  let cells = 0
  let split = 0
  for (const [i, { key, ...each }] of definitions.entries()) {
    expect(byKey.has(key) !== leftOut.has(key), key).toBe(true)
    if (!byKey.has(key)) continue
    const asked = contexts.slice(i * contextsPerFlag, (i + 1) * contextsPerFlag)
    const answers = await Promise.all(asked.map((given) => store.evaluateFlag(key, given)))
    for (const [j, given] of asked.entries()) {
      cells++
      if (moving.has(key)) {
        split++
        continue
      }
      const theirs = answers[j]!
      const { variation } = evaluate(ready, key, toContext(given as { targetingKey: string }))
      variants.add(theirs.reason)
      if (variation?.id !== theirs.variant)
        differing.push({ rules: each.rules, given, theirs: theirs.variant, ours: variation?.id })
      else expect(variation.typed).toEqual(theirs.value)
    }
  }
  console.log(`${cells} cells, ${split} of flags with percentages, ${leftOut.size} flags left out`)
  expect(JSON.stringify(differing.slice(0, 3), null, 1)).toBe('[]')
  expect(variants).toEqual(new Set(['STATIC', 'DISABLED', 'TARGETING_MATCH', 'DEFAULT']))
  expect(cells - split).toBeGreaterThan(17 * flagsCount)
})

it('serves the shares of percentages that fall through', { timeout: 120_000 }, async () => {
  const isPro = [{ attribute: 'plan', operator: 'equals', value: 'pro' }]
  const definition = {
    key: 'shares',
    enabled: true,
    default_variation: 'c',
    variations: { a: 'a', b: 'b', c: 'c' },
    rules: [
      { conditions: isPro, serve_variation: 'a', priority: 1, rollout: { percentage: 20 } },
      { conditions: [], serve_variation: 'b', priority: 2, rollout: { percentage: 50 } },
    ],
  }
  const { flags } = imported(await exported([definition]))
  const ready = compile(snapshotOf(flags))
  const count = 1_500
  for (const plan of ['pro', 'free']) {
    const [theirs, ours] = [new Map<string, number>(), new Map<string, number>()]
    const asked = Array.from({ length: count }, (_, i) => ({ targetingKey: `user-${i}`, plan }))
    const answers = await Promise.all(asked.map((given) => store.evaluateFlag('shares', given)))
    for (const [i, given] of asked.entries()) {
      const mine = evaluate(ready, 'shares', toContext(given)).variation!.id
      theirs.set(answers[i]!.variant, (theirs.get(answers[i]!.variant) ?? 0) + 1)
      ours.set(mine, (ours.get(mine) ?? 0) + 1)
    }
    for (const variation of ['a', 'b', 'c']) {
      const [x, y] = [theirs, ours].map((counts) => (counts.get(variation) ?? 0) / count) as [number, number]
      // Six standard errors of the difference of two shares.
      expect(Math.abs(x - y), `${plan} ${variation}`).toBeLessThan(6 * Math.sqrt(0.5 / count))
    }
  }
})
