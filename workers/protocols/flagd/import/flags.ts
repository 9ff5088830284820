// flagd's flag definitions as flags that give everybody the variant they had, where rules decide. A variant
// becomes a variation with the variant's name as id, targeting becomes ordered rules. `fractional` becomes a
// rollout with the same shares: flagd hashes otherwise, so users move. Reference of the semantics:
// @openfeature/flagd-core.
import type { Candidates, Finding } from '../../../../core/change/import-plan.ts'
import type { Flag, Rule, Strategy } from '../../../../core/model/flag.ts'
import type { Metadata } from '../../../../core/model/metadata.ts'
import { weightPerPercent } from '../../../../core/model/limits.ts'
import type { Outcome } from './condition.ts'
import { FlagDefinition, type Definitions, type Values } from './definitions.ts'
import { overallFindings, type ImportedFlag } from './findings.ts'
import { toWeights } from './fractional.ts'
import { flagMetadata, keptMetadata } from './metadata.ts'
import { readTargeting, type Reading } from './read-choice.ts'
import { differencesOf } from './to-clauses.ts'
import { type Decision, toDecision } from './to-rules.ts'

/** `now`: epoch milliseconds. Definitions tell no times and no versions. */
export function fromDefinitions(definitions: Definitions, now: number): Candidates {
  const findings: Finding[] = []
  const evaluators = definitions.$evaluators ?? {}
  const ofSet = keptMetadata(definitions.metadata ?? {})
  const imported = Object.entries(definitions.flags).flatMap(([key, value]) => {
    const report: Report = (field, effect, reason) =>
      findings.push({ subject: 'flag', key, field, effect, reason })
    const made = fromDefinition(key, value, { evaluators, ofSet: ofSet.kept, report, now })
    return made ? [made] : []
  })
  return {
    flags: imported.map(({ flag }) => flag),
    segments: [],
    findings: [...overallFindings(imported, ofSet.lost), ...findings],
  }
}

type Report = (field: string, effect: Finding['effect'], reason: string) => void

interface Making {
  readonly evaluators: Values
  /** Metadata of the set, which flagd gives to each of its flags. */
  readonly ofSet: Metadata
  readonly report: Report
  readonly now: number
}

/**
 * Undefined where it is left out; what only breaks our rules is found out later
 * (core/change/import-plan.ts).
 */
function fromDefinition(key: string, value: unknown, making: Making): ImportedFlag | undefined {
  const { evaluators, ofSet, report, now } = making
  const parsed = FlagDefinition.safeParse(value)
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) report(path.join('.'), 'left-out', message)
    return undefined
  }
  const definition = parsed.data
  const variantNames = Object.keys(definition.variants)
  const type = typeOf(definition.variants)
  const defaultVariant = definition.defaultVariant || undefined
  const problem = problemOf(definition, evaluators)
  if (problem || !type) {
    report(problem?.field ?? 'variants', 'left-out', problem?.reason ?? mixedTypes)
    return undefined
  }
  const reading = readTargeting(definition.targeting, { flagKey: key, variantNames, evaluators })
  const settled = (outcome: Outcome): Outcome =>
    outcome.kind !== 'default'
      ? outcome
      : defaultVariant === undefined
        ? { kind: 'nothing' }
        : { kind: 'variant', name: defaultVariant }
  const decision = reading.problems.length === 0 ? toDecision(reading.choice, settled) : undefined
  for (const { path, reason } of distinct(reading.problems)) report(path, 'left-out', reason)
  if (!decision && reading.problems.length === 0)
    report('targeting', 'left-out', 'it takes more rules or clauses than a flag may have: divide it')
  if (!decision) return undefined
  reportTargeting(reading, report)
  const strategies = strategiesOf(decision, { variantNames, defaultVariant, report })
  const { metadata, lost } = flagMetadata(definition.metadata ?? {}, ofSet)
  for (const { name, reason } of lost) report(`metadata.${name}`, 'lost', reason)
  const isSplit = strategies.some(
    (strategy) => strategy.kind === 'rollout' && strategy.shares.some(({ weight }) => weight > 0),
  )
  const otherwise = strategies.at(-1)!
  const flag: Flag = {
    key,
    name: '',
    description: '',
    type,
    bundle: false,
    ...(Object.keys(metadata).length > 0 && { metadata }),
    variations: Object.entries(definition.variants).map(([id, each]) => ({
      id,
      name: '',
      description: '',
      value: typeof each === 'string' ? each : JSON.stringify(each),
    })),
    enabled: definition.state === 'ENABLED',
    prerequisites: [],
    targets: [],
    rules: decision.rules.map(({ anyOf }, i): Rule => {
      const groups = anyOf.map((group) => [...group])
      return { id: `${key.slice(0, 90)}:${i + 1}`, name: '', anyOf: groups, strategy: strategies[i]! }
    }),
    defaultStrategy: { id: `default:${key.slice(0, 90)}`, strategy: otherwise },
    // As in flagd, all rollouts of a flag put a user at the same place; and its weights are as fine.
    allocation: isSplit ? 'fine' : 'percent',
    seed: '',
    tags: [],
    maintainer: '',
    archived: false,
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
  return { flag, reading }
}

const mixedTypes =
  'the values of its variants are not all booleans, all texts, all numbers, or all objects and lists: a flag has one type here'

function typeOf(variants: Values): Flag['type'] | undefined {
  const types = new Set(Object.values(variants).map((value) => (value === null ? 'null' : typeof value)))
  const [type, ...others] = types
  if (others.length > 0) return undefined
  if (type === 'object') return 'json'
  return type === 'boolean' || type === 'string' || type === 'number' ? type : undefined
}

interface FieldReason {
  readonly field: string
  readonly reason: string
}

/** What flagd rejects, and values in which it would put evaluators. */
function problemOf(
  { variants, defaultVariant }: FlagDefinition,
  evaluators: Values,
): FieldReason | undefined {
  if (defaultVariant && !Object.hasOwn(variants, defaultVariant))
    return { field: 'defaultVariant', reason: `there is no variant ${defaultVariant}: flagd rejects this` }
  for (const [name, value] of Object.entries(variants)) {
    if (isTooDeep(value)) return { field: `variants.${name}`, reason: 'is nested too deep' }
    const text = JSON.stringify(value)
    if (Object.keys(evaluators).some((each) => text.includes(JSON.stringify({ $ref: each }))))
      return { field: `variants.${name}`, reason: 'flagd puts an evaluator into this value' }
  }
  return undefined
}

/** As deep as a flag's value may be: what is deeper can not even be printed. */
const depthMax = 100
const isTooDeep = (value: unknown, left = depthMax): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (left === 0 || Object.values(value).some((each) => isTooDeep(each, left - 1)))

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

function reportTargeting({ leaves, splits, differences }: Reading, report: Report): void {
  for (const path of new Set(splits))
    report(
      path,
      'differs',
      'users move: flagd hashes otherwise. The shares stay; a user without a targeting key gets the default variant',
    )
  for (const reason of new Set([...leaves.flatMap(differencesOf), ...differences]))
    report('targeting', 'differs', reason)
}

interface Serving {
  readonly variantNames: readonly string[]
  readonly defaultVariant: string | undefined
  readonly report: Report
}

/** Of each rule, and of the rest. */
function strategiesOf({ rules, fallback }: Decision, serving: Serving): Strategy[] {
  const { variantNames, defaultVariant, report } = serving
  const [first = ''] = variantNames
  const unknown = new Set<string>()
  const known = (name: string | undefined) => {
    if (name === undefined) return defaultVariant
    if (variantNames.includes(name)) return name
    unknown.add(name)
    return undefined
  }
  let isRounded = false
  let isNobody = false
  const fixed = (name: string | undefined): Strategy => {
    if (name !== undefined) return { kind: 'fixed', variationId: name }
    isNobody = true
    return { kind: 'rollout', shares: [{ variationId: first, weight: 0 }] }
  }
  const toStrategy = (outcome: Outcome): Strategy => {
    if (outcome.kind !== 'rollout') return fixed(outcome.kind === 'variant' ? known(outcome.name) : undefined)
    const { weights, isExact } = toWeights(outcome.shares)
    isRounded ||= !isExact
    const merged = new Map<string, number>()
    outcome.shares.forEach(({ name }, i) => {
      const id = known(name)
      if (id !== undefined) merged.set(id, (merged.get(id) ?? 0) + weights[i]!)
    })
    const shares = [...merged].map(([variationId, weight]) => ({ variationId, weight }))
    return shares.length === 0 ? fixed(undefined) : { kind: 'rollout', shares }
  }
  const strategies = [...rules.map(({ outcome }) => outcome), fallback].map(toStrategy)
  for (const name of unknown)
    report(
      'targeting',
      'lost',
      `there is no variant ${name}: flagd fails where targeting names it, and here too the default in the code is used, without an error`,
    )
  if (isRounded)
    report(
      'targeting',
      'differs',
      `shares are rounded to thousandths of a percent (${weightPerPercent} to a percent)`,
    )
  if (isNobody)
    report(
      'defaultVariant',
      'lost',
      'users who get no variant get the default in the code, as in flagd; a request without a targeting key is answered with the error TARGETING_KEY_MISSING then',
    )
  return strategies
}
