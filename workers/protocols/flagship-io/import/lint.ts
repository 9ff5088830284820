// Finds parts of a campaign that AB Tasty's own clients handle differently or fail on: the JavaScript SDK in
// bucketing mode, and their servers (Go). Used for imported files and for our own.
import type { Campaign, Targeting, TargetingGroup, VariationGroup } from './file.ts'
import { isVersionValue, versionOperators } from './comparison.ts'
import { toSlices } from './slices.ts'

export interface LintFinding {
  /** Dotted path inside the campaign. */
  readonly field: string
  readonly code:
    | 'crash'
    | 'never-true'
    | 'version'
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

/** The operators of the JavaScript SDK. */
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
/**
 * The SDK calls a method of the attribute. If the attribute is missing it throws, and serves no flag at all.
 */
const throwing: ReadonlySet<string> = new Set(['CONTAINS', 'NOT_CONTAINS', 'STARTS_WITH', 'ENDS_WITH'])
const comparing: ReadonlySet<string> = new Set([
  'GREATER_THAN',
  'LOWER_THAN',
  'GREATER_THAN_OR_EQUALS',
  'LOWER_THAN_OR_EQUALS',
])

/** Attributes that every visitor's context has. */
const isAlwaysPresent = (key: string) => key === 'fs_users' || key === 'fs_all_users' || key === 'fs_client'

export function lint(campaign: Campaign): LintFinding[] {
  const found = campaign.variationGroups.flatMap((group, i) => lintGroup(group, `variationGroups.${i}`))
  if (toSlices(campaign) || campaign.bucketRanges.length === 0) {
    const reason =
      campaign.bucketRanges.length === 0
        ? 'AB Tasty’s servers skip a campaign without a range; ' +
          'the SDK in bucketing mode does not, nor does Tackline'
        : 'AB Tasty’s servers skip visitors outside these ranges, as the flag’s slices do; ' +
          'the SDK in bucketing mode ignores ranges, so its file omits the flag'
    found.push({ field: 'bucketRanges', code: 'bucket-ranges', reason })
  }
  return found
}

function lintGroup({ targeting, variations }: VariationGroup, path: string): LintFinding[] {
  const found = (targeting?.targetingGroups ?? []).flatMap((group, i) =>
    lintTargetings(group, `${path}.targeting.targetingGroups.${i}.targetings`),
  )
  variations.forEach(({ allocation }, i) => {
    if (Number.isInteger(allocation ?? 0)) return
    const reason =
      `${allocation} is no whole percent: AB Tasty’s servers refuse the whole file, ` +
      'the SDK takes it as a threshold'
    found.push({ field: `${path}.variations.${i}.allocation`, code: 'allocation', reason })
  })
  return found
}

function lintTargetings({ targetings }: TargetingGroup, path: string): LintFinding[] {
  const present = new Set<string>()
  return targetings.flatMap((targeting, i) => {
    const field = `${path}.${i}`
    const found = lintTargeting(targeting, present.has(targeting.key)).map((each) => ({ ...each, field }))
    if (targeting.operator === 'EXISTS') present.add(targeting.key)
    return found
  })
}

function lintTargeting(targeting: Targeting, isGuarded: boolean): Omit<LintFinding, 'field'>[] {
  const { operator, key, value, provider } = targeting
  if (key === 'fs_all_users') return []
  if (versionOperators.has(operator) && !isVersionValue(value))
    return [
      { code: 'never-true', reason: `${JSON.stringify(value)} is no version: the condition never holds` },
    ]
  if (versionOperators.has(operator)) {
    const reason =
      `the SDK in bucketing mode does not know ${operator}, and the condition never holds there; ` +
      'AB Tasty’s servers and Tackline compare versions. Tackline also takes versions of more or fewer parts'
    return [{ code: 'version', reason }]
  }
  if (!sdkOperators.has(operator))
    return [{ code: 'never-true', reason: `the SDK does not know ${operator}: the condition never holds` }]
  const found: Omit<LintFinding, 'field'>[] = []
  const isPresent = isGuarded || isAlwaysPresent(key)
  if (provider) {
    const reason = `AB Tasty’s servers read ${key} from the partner ${provider}, the SDK from the context`
    found.push({ code: 'provider', reason })
  }
  if (throwing.has(operator) && (value === null || value === undefined)) {
    const reason = `without a value the SDK fails and every flag is lost: give ${operator} a text`
    found.push({ code: 'crash', reason })
  } else if (throwing.has(operator) && !isPresent) {
    const reason =
      `a visitor without ${key} makes the SDK fail and lose every flag: ` + `put EXISTS ${key} before it`
    found.push({ code: 'crash', reason })
  }
  if (operator === 'NOT_EQUALS' && !isPresent) {
    const reason =
      `without ${key} it holds for the SDK and does not for AB Tasty’s servers: ` +
      `put EXISTS ${key} before it`
    found.push({ code: 'missing-key', reason })
  }
  if ((operator === 'EXISTS' || operator === 'NOT_EXISTS') && targeting.value !== true) {
    const reason = 'AB Tasty’s servers read its value, which must be true'
    found.push({ code: 'exists-value', reason })
  }
  return [...found, ...lintValues(targeting)]
}

function lintValues({ operator, key, value }: Targeting): Omit<LintFinding, 'field'>[] {
  if (operator === 'EXISTS' || operator === 'NOT_EXISTS') return []
  const found: Omit<LintFinding, 'field'>[] = []
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
  const single = values.find((each) => isEquality(operator) && !hasTwin(each, values))
  if (single !== undefined) {
    const reason =
      `${key} has to be the ${typeof single} ${JSON.stringify(single)}; ` +
      'Tackline also accepts another type: list both, or send one type'
    found.push({ code: 'type', reason })
  }
  if (comparing.has(operator) && values.some((each) => typeof each === 'number')) {
    const reason =
      `send ${key} as a number: the SDK converts a text where it can (an empty text is 0, true is 1); ` +
      'Tackline compares it as a text or version, or not at all if the clause compares numbers'
    found.push({ code: 'type', reason })
  }
  if (comparing.has(operator) && values.some((each) => typeof each !== 'number')) {
    const reason =
      `send ${key} as a text: the SDK compares texts letter by letter ("10" before "9"), but a number with ` +
      'what it makes of the text'
    found.push({ code: 'type', reason })
  }
  return found
}

const isEquality = (operator: string) => operator === 'EQUALS' || operator === 'NOT_EQUALS'

/** Whether the list also contains the value as the other type that it could be sent as. */
function hasTwin(value: string | number | boolean, values: readonly unknown[]): boolean {
  if (typeof value !== 'string') return values.includes(String(value))
  if (value === 'true' || value === 'false') return values.includes(value === 'true')
  const isNumber = value !== '' && String(Number(value)) === value && Number.isFinite(Number(value))
  return !isNumber || values.includes(Number(value))
}
