// What AB Tasty's own clients make of a campaign differently from each other, or break on: the JavaScript SDK
// in bucketing mode on one side, their servers (Go) on the other. Used on files that come in, and on our own.
import type { Campaign, Targeting, TargetingGroup, VariationGroup } from './file.ts'
import { toSlices } from './slices.ts'

export interface Lint {
  /** Dotted path inside the campaign. */
  readonly field: string
  readonly code:
    | 'crash'
    | 'never-true'
    | 'type'
    | 'case'
    | 'missing-key'
    | 'list'
    | 'exists-value'
    | 'provider'
    | 'allocation'
    | 'bucket-ranges'
  readonly reason: string
}

/** The twelve that the JavaScript SDK knows. */
export const sdkOperators: ReadonlySet<string> = new Set([
  'EQUALS',
  'NOT_EQUALS',
  'CONTAINS',
  'NOT_CONTAINS',
  'STARTS_WITH',
  'ENDS_WITH',
  'GREATER_THAN',
  'LOWER_THAN',
  'GREATER_THAN_OR_EQUALS',
  'LOWER_THAN_OR_EQUALS',
  'EXISTS',
  'NOT_EXISTS',
])
/** The SDK calls a method of the attribute: without the attribute it throws, and loses every flag. */
const throwing: ReadonlySet<string> = new Set(['CONTAINS', 'NOT_CONTAINS', 'STARTS_WITH', 'ENDS_WITH'])
const comparing: ReadonlySet<string> = new Set([
  'GREATER_THAN',
  'LOWER_THAN',
  'GREATER_THAN_OR_EQUALS',
  'LOWER_THAN_OR_EQUALS',
])

/** Always in the visitor's context. */
const isAlwaysThere = (key: string) => key === 'fs_users' || key === 'fs_all_users' || key === 'fs_client'

export function lint(campaign: Campaign): Lint[] {
  const found = campaign.variationGroups.flatMap((group, i) => lintGroup(group, `variationGroups.${i}`))
  if (toSlices(campaign) || campaign.bucketRanges.length === 0) {
    const reason =
      campaign.bucketRanges.length === 0
        ? 'AB Tasty’s servers skip a campaign without a range; the SDK in bucketing mode does not, nor does Tackline'
        : 'AB Tasty’s servers skip visitors outside these ranges, as the flag’s slices do; the SDK in bucketing mode does not look at them, and is not given the flag'
    found.push({ field: 'bucketRanges', code: 'bucket-ranges', reason })
  }
  return found
}

function lintGroup({ targeting, variations }: VariationGroup, path: string): Lint[] {
  const found = (targeting?.targetingGroups ?? []).flatMap((group, i) =>
    lintTargetings(group, `${path}.targeting.targetingGroups.${i}.targetings`),
  )
  variations.forEach(({ allocation }, i) => {
    if (Number.isInteger(allocation ?? 0)) return
    const reason = `${allocation} is no whole percent: AB Tasty’s servers refuse the whole file, the SDK takes it as a threshold`
    found.push({ field: `${path}.variations.${i}.allocation`, code: 'allocation', reason })
  })
  return found
}

function lintTargetings({ targetings }: TargetingGroup, path: string): Lint[] {
  const present = new Set<string>()
  return targetings.flatMap((targeting, i) => {
    const field = `${path}.${i}`
    const found = lintTargeting(targeting, present.has(targeting.key)).map((each) => ({ ...each, field }))
    if (targeting.operator === 'EXISTS') present.add(targeting.key)
    return found
  })
}

function lintTargeting(targeting: Targeting, isGuarded: boolean): Omit<Lint, 'field'>[] {
  const { operator, key, value, provider } = targeting
  if (key === 'fs_all_users') return []
  if (!sdkOperators.has(operator))
    return [{ code: 'never-true', reason: `the SDK does not know ${operator}: the condition never holds` }]
  const found: Omit<Lint, 'field'>[] = []
  const isThere = isGuarded || isAlwaysThere(key)
  if (provider) {
    const reason = `AB Tasty’s servers look for ${key} at the partner ${provider}, the SDK in the visitor’s context`
    found.push({ code: 'provider', reason })
  }
  if (throwing.has(operator) && (value === null || value === undefined)) {
    const reason = `without a value the SDK fails and every flag is lost: give ${operator} a text`
    found.push({ code: 'crash', reason })
  } else if (throwing.has(operator) && !isThere) {
    const reason = `a visitor without ${key} makes the SDK fail and lose every flag: put EXISTS ${key} before it`
    found.push({ code: 'crash', reason })
  }
  if (operator === 'NOT_EQUALS' && !isThere) {
    const reason = `without ${key} it holds for the SDK and does not for AB Tasty’s servers: put EXISTS ${key} before it`
    found.push({ code: 'missing-key', reason })
  }
  if ((operator === 'EXISTS' || operator === 'NOT_EXISTS') && targeting.value !== true) {
    const reason = 'AB Tasty’s servers read its value, which must be true'
    found.push({ code: 'exists-value', reason })
  }
  return [...found, ...lintValues(targeting)]
}

function lintValues({ operator, key, value }: Targeting): Omit<Lint, 'field'>[] {
  if (operator === 'EXISTS' || operator === 'NOT_EXISTS') return []
  const found: Omit<Lint, 'field'>[] = []
  const isList = Array.isArray(value)
  const values = isList ? value : value === null || value === undefined ? [] : [value]
  if (values.length === 0 && !isList && comparing.has(operator)) {
    found.push({ code: 'type', reason: `without a value the SDK compares with 0; here it never holds` })
  } else if (values.length === 0) {
    const holds = operator.startsWith('NOT_') ? 'always' : 'never'
    found.push({ code: 'never-true', reason: `without a value it ${holds} holds` })
  }
  if (isList && (comparing.has(operator) || operator.endsWith('S_WITH')))
    found.push({ code: 'list', reason: `to AB Tasty’s servers ${operator} with a list never holds` })
  if (values.some((each) => typeof each === 'string' && each.toLowerCase() !== each.toUpperCase()))
    found.push({ code: 'case', reason: 'AB Tasty’s servers ignore case; the SDK, and Tackline, do not' })
  const lonely = values.find((each) => isEquality(operator) && !hasTwin(each, values))
  if (lonely !== undefined) {
    const reason = `${key} has to be the ${typeof lonely} ${JSON.stringify(lonely)}; Tackline also takes it as another type: list both, or send one type`
    found.push({ code: 'type', reason })
  }
  if (comparing.has(operator) && values.some((each) => typeof each === 'number')) {
    const reason = `send ${key} as a number: what is none never holds for the SDK; Tackline compares it letter by letter`
    found.push({ code: 'type', reason })
  }
  if (comparing.has(operator) && values.some((each) => typeof each !== 'number')) {
    const reason = `the SDK compares texts letter by letter ("10" before "9"); Tackline compares what looks like a number or a version as such`
    found.push({ code: 'type', reason })
  }
  return found
}

const isEquality = (operator: string) => operator === 'EQUALS' || operator === 'NOT_EQUALS'

/** Whether a value that could also be told as another type is in the list as that too. */
function hasTwin(value: string | number | boolean, values: readonly unknown[]): boolean {
  if (typeof value !== 'string') return values.includes(String(value))
  if (value === 'true' || value === 'false') return values.includes(value === 'true')
  const isNumber = value !== '' && String(Number(value)) === value && Number.isFinite(Number(value))
  return !isNumber || values.includes(Number(value))
}
