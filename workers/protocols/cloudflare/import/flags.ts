// Flags of Cloudflare's own flag product as flags that give everybody the variation they had, where
// conditions decide. A percentage becomes a rollout with the same shares: the original hashes otherwise, so
// users move.
import type { Candidates, Finding } from '../../../../core/change/import-plan.ts'
import type { Flag, Rule, Strategy } from '../../../../core/model/flag.ts'
import { murmur3x64Words } from '../../../../core/hash/murmur3-x64-128.ts'
import { metadataMax, rulesMax, weightPerPercent } from '../../../../core/model/limits.ts'
import { Metadata } from '../../../../core/model/metadata.ts'
import { TooManyGroups, allOf } from './conditions.ts'
import { type DecidingRule, type ForeignRule, TooManyRules, decide } from './decision.ts'
import { type Comparison, type Condition, FlagDefinition, type FlagList } from './definitions.ts'

type Report = (field: string, effect: Finding['effect'], reason: string) => void

/** `now`: epoch milliseconds. */
export function fromFlagList({ items, cursor }: FlagList, now: number): Candidates {
  const findings: Finding[] = []
  const flags = items.flatMap((item, i) => {
    const key = (item as { key?: unknown } | null)?.key
    const name = typeof key === 'string' ? key : String(i)
    const report: Report = (field, effect, reason) =>
      findings.push({ subject: 'flag', key: name, field, effect, reason })
    const flag = fromDefinition(item, report, now)
    return flag ? [flag] : []
  })
  const more: Finding = {
    subject: 'environment',
    key: '',
    field: 'cursor',
    effect: 'left-out',
    reason: 'this is one page of the flags: list them with --all',
  }
  return { flags, segments: [], findings: cursor ? [more, ...findings] : findings }
}

/** The store takes five levels of conditions; parsing what is much deeper would exhaust the stack. */
const depthMax = 100

function isTooDeep(item: unknown): boolean {
  let level: unknown[] = [item]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) return true
    level = level.flatMap((part) => (typeof part === 'object' && part !== null ? Object.values(part) : []))
  }
  return false
}

/** Undefined where it is left out. */
function fromDefinition(item: unknown, report: Report, now: number): Flag | undefined {
  if (isTooDeep(item)) {
    report('', 'left-out', `it is nested deeper than ${depthMax} levels`)
    return undefined
  }
  const parsed = FlagDefinition.safeParse(item)
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) report(path.join('.'), 'left-out', message)
    return undefined
  }
  const definition = parsed.data
  const { key, variations, enabled, description, default_variation: otherwise } = definition
  const type = typeOf(Object.values(variations))
  const unknown = [otherwise, ...definition.rules.map((rule) => rule.serve_variation)].find(
    (name) => !Object.hasOwn(variations, name),
  )
  if (!type || unknown !== undefined) {
    const reason =
      unknown === undefined
        ? 'their values are not all booleans, all texts, all numbers, or all objects and lists'
        : `there is no variation ${unknown}`
    report('variations', 'left-out', reason)
    return undefined
  }
  const decided = decisionOf(definition, report)
  if (!decided) return undefined
  reportDifferences(definition, report)
  const isSplit = decided.some(({ shares }) => shares.length > 1)
  const bucketBy = isSplit ? attributeOf(definition, report) : undefined
  const strategies = decided.map(({ shares }) => toStrategy(shares))
  const short = shortened(key)
  const metadata = metadataOf(definition, report)
  return {
    key,
    name: '',
    description: description ?? '',
    type,
    bundle: false,
    ...(metadata && { metadata }),
    variations: Object.entries(variations).map(([id, value]) => ({
      id,
      name: '',
      description: '',
      value: typeof value === 'string' ? value : JSON.stringify(value),
    })),
    enabled,
    offVariationId: otherwise,
    prerequisites: [],
    targets: [],
    rules: decided.slice(0, -1).map(({ groups }, i): Rule => {
      const anyOf = groups.map((group) => [...group])
      return { id: `${short}:${i + 1}`, name: '', anyOf, strategy: strategies[i]! }
    }),
    defaultStrategy: { id: `${short}:default`, strategy: strategies.at(-1)! },
    // As in the original, all percentages of a flag put a user at the same place.
    allocation: isSplit ? 'fine' : 'percent',
    seed: '',
    bucketBy,
    tags: [],
    maintainer: '',
    archived: false,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
}

/** Ids are of all flags together, and not as long as keys: a long one ends in its hash. */
const shortKeyMax = 80
const shortened = (key: string): string =>
  key.length <= shortKeyMax
    ? key
    : `${key.slice(0, 60)}-${murmur3x64Words(key)
        .map((word) => word.toString(16).padStart(8, '0'))
        .join('')}`

function typeOf(values: readonly unknown[]): Flag['type'] | undefined {
  const types = new Set(values.map((value) => (value === null ? 'null' : typeof value)))
  const [type, ...others] = types
  if (others.length > 0) return undefined
  if (type === 'object') return 'json'
  return type === 'boolean' || type === 'string' || type === 'number' ? type : undefined
}

const tooMuch = 'it takes more rules or clauses than a flag may have: divide it'

function decisionOf(
  { rules, default_variation: otherwise }: FlagDefinition,
  report: Report,
): DecidingRule[] | undefined {
  try {
    const decided = decide(
      rules
        .toSorted((a, b) => a.priority - b.priority)
        .map(({ conditions, serve_variation: variation, rollout }): ForeignRule => ({
          groups: allOf(conditions),
          variation,
          percentage: rollout?.percentage ?? 100,
          attribute: rollout?.attribute || 'targetingKey',
        })),
      otherwise,
    )
    if (decided.length - 1 <= rulesMax) return decided
  } catch (error) {
    if (!(error instanceof TooManyGroups || error instanceof TooManyRules)) throw error
  }
  report('rules', 'left-out', tooMuch)
  return undefined
}

/** Rounded to thousandths of a percent; the largest share takes what is left. */
function toStrategy(shares: DecidingRule['shares']): Strategy {
  const weights = new Map<string, number>()
  for (const { variation, percent } of shares)
    weights.set(variation, (weights.get(variation) ?? 0) + Math.round(percent * weightPerPercent))
  const [largest] = [...weights].toSorted(([, a], [, b]) => b - a)
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  weights.set(largest![0], largest![1] + 100 * weightPerPercent - total)
  if (weights.size === 1) return { kind: 'fixed', variationId: largest![0] }
  return {
    kind: 'rollout',
    shares: [...weights].map(([variationId, weight]) => ({ variationId, weight })),
  }
}

/** Undefined for the targeting key. Here a decision splits by one attribute. */
function attributeOf({ rules }: FlagDefinition, report: Report): string | undefined {
  const split = rules.filter(({ rollout }) => rollout && rollout.percentage < 100)
  const names = [...new Set(split.map(({ rollout }) => rollout?.attribute || 'targetingKey'))]
  report(
    'rules',
    'differs',
    'users move: the original hashes percentages otherwise. The shares stay. A user without what is split by is put at a random place there, and gets the default in the code here',
  )
  if (names.length > 1)
    report('rules', 'differs', `percentages are by ${names.join(' and ')}: here all are by ${names[0]}`)
  return names[0] === 'targetingKey' ? undefined : names[0]
}

const comparisonsIn = (conditions: readonly Condition[]): Comparison[] =>
  conditions.flatMap((each) => ('logical_operator' in each ? comparisonsIn(each.clauses) : [each]))

/** What a context can hold that the conditions treat otherwise here. One sentence per flag and kind. */
function reportDifferences({ rules }: FlagDefinition, report: Report): void {
  const comparisons = rules.flatMap(({ conditions }) => comparisonsIn(conditions))
  const namesOf = (isAsked: (operator: string) => boolean) =>
    [...new Set(comparisons.filter(({ operator }) => isAsked(operator)).map((each) => each.attribute))].join(
      ', ',
    )
  const isList = (operator: string) => operator === 'has' || operator === 'not_has'
  const isOrder = (operator: string) => /_than/.test(operator)
  const differs = (names: string, reason: string) => {
    if (names !== '') report('rules', 'differs', `${names}: ${reason}`)
  }
  differs(
    namesOf((operator) => !isList(operator)),
    'a list is compared element by element here; in the original, and for structures in both, nothing holds but `not_equals` and `not_in` of null',
  )
  differs(
    namesOf(isList),
    'a single value counts as a list of one here; in the original nothing holds for it',
  )
  differs(
    namesOf((operator) => operator === 'not_equals' || operator === 'not_in'),
    'null counts as missing here, so nothing holds; in the original it is unequal to everything',
  )
  differs(
    namesOf(isOrder),
    'numbers in texts are decimal here; the original also takes hexadecimal and spaces around them. Times in texts are ISO 8601 here; the original also takes what JavaScript reads as a date, such as a year alone',
  )
  if (comparisons.some(({ attribute }) => attribute === 'id'))
    report(
      'rules',
      'differs',
      'id: is the targeting key here, where the context has no attribute of that name',
    )
}

function metadataOf({ metadata }: FlagDefinition, report: Report): Metadata | undefined {
  const kept: [string, Metadata[string]][] = []
  for (const [name, value] of Object.entries(metadata ?? {})) {
    const { data, error } = Metadata.safeParse({ [name]: value })
    const isFull = kept.length >= metadataMax
    if (data && !isFull) kept.push([name, data[name]!])
    else {
      const reason = isFull ? `a flag has at most ${metadataMax} names` : error!.issues[0]!.message
      report(`metadata.${name}`, 'lost', `it is not kept: ${reason}`)
    }
  }
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}
