// What differs between two states of a flag, in words. Pure. The differences are those of
// core/change/diff.ts.
import type { AnyOf } from '../../../core/model/clause.ts'
import type { Flag, Rule, Strategy } from '../../../core/model/flag.ts'
import type { Difference } from '../../../core/change/diff.ts'
import { targeting as words } from '../messages/targeting.ts'
import { conditionText, listed, type Named, sharesText, strategyText, variationName } from './text.ts'

export interface Line {
  readonly what: string
  /** Absent if it was added, or removed. */
  readonly before?: string
  readonly after?: string
}

/** Set by the system: they say nothing to people. */
const unspoken = /^\/(version|updatedAt|createdAt|segmentsUpdatedAt)$|\/pieces$|\/json$|\/strategy\/kind$/

export type Described = Named & Partial<Pick<Flag, 'rules'>>

/** `flag` has the names; the older state serves for what was removed. */
export const describe = (differences: readonly Difference[], flag: Described): Line[] =>
  joined(differences.filter(({ path }) => !unspoken.test(path)).map((difference) => lineOf(difference, flag)))

/** One variation that became a split is one line: its parts differ each for itself. */
const joined = (lines: readonly Line[]): Line[] =>
  [...Map.groupBy(lines, ({ what }) => what)].map(([what, each]) => {
    const side = (name: 'before' | 'after') => each.flatMap((line) => line[name] ?? []).join(' · ')
    const [before, after] = [side('before'), side('after')]
    const [only] = each
    return each.length === 1 ? only! : { what, ...(before && { before }), ...(after && { after }) }
  })

function lineOf({ path, before, after }: Difference, flag: Described): Line {
  const [field = '', place, part, ...rest] = path.slice(1).split('/')
  const sides = (text: (value: unknown) => string): Omit<Line, 'what'> => ({
    ...(before !== undefined && { before: text(before) }),
    ...(after !== undefined && { after: text(after) }),
  })
  if (field === '') return { what: words.fields.flag, ...sides(() => '') }
  if (field === 'rules' && place !== undefined) {
    const rule = (part === undefined ? (after ?? before) : flag.rules?.[Number(place)]) as Rule | undefined
    const title = ruleTitle(Number(place), rule)
    if (part === undefined) return { what: title, ...sides((value) => ruleText(value as Rule, flag)) }
    return { what: `${title}: ${partName(part)}`, ...sides((value) => partText(part, rest, value, flag)) }
  }
  if (field === 'defaultStrategy' && place !== undefined) {
    const what =
      place === 'strategy'
        ? words.fields.defaultStrategy
        : `${words.fields.defaultStrategy}: ${partName(place)}`
    return {
      what,
      ...sides((value) => partText(place, part === undefined ? [] : [part, ...rest], value, flag)),
    }
  }
  if (field === 'variations' && place !== undefined) {
    const changed = after ?? before
    const name = part === undefined ? nameOf(changed) : (flag.variations[Number(place)]?.name ?? place)
    const what = words.variation(name || (flag.variations[Number(place)]?.id ?? place))
    if (part === undefined) return { what, ...sides((value) => (value as { value: string }).value) }
    return { what: `${what}: ${partName(part)}`, ...sides(plain) }
  }
  if (field === 'rules') return { what: words.fields.rules, ...sides((value) => orderText(value, flag)) }
  return { what: fieldName(field), ...sides((value) => fieldText(field, value, flag)) }
}

const ruleTitle = (place: number, rule: Pick<Rule, 'name'> | undefined): string =>
  rule?.name ? `${words.rule(place + 1)}, ${rule.name}` : words.rule(place + 1)

const ruleText = ({ anyOf, strategy }: Rule, flag: Named): string =>
  `${conditionText(anyOf)} → ${strategyText(flag, strategy)}`

const nameOf = (value: unknown): string => {
  const { name, id } = value as { name?: string; id?: string }
  return name || id || ''
}

const fieldName = (field: string): string =>
  Object.hasOwn(words.fields, field) ? words.fields[field as keyof typeof words.fields] : field

const partNames: Record<string, string> = {
  id: words.parts.salt,
  anyOf: words.parts.conditions,
  strategy: words.parts.served,
  name: words.parts.name,
  value: words.parts.value,
  description: words.parts.description,
  bucketBy: words.parts.bucketBy,
  baseline: words.parts.baseline,
}
const partName = (part: string): string => partNames[part] ?? part

/** Of a part of a rule or of the default strategy; `rest` is the path within the part. */
function partText(part: string, rest: readonly string[], value: unknown, flag: Named): string {
  if (part === 'anyOf') return conditionText(value as AnyOf)
  if (part !== 'strategy') return plain(value)
  const [field] = rest
  if (field === undefined) return strategyText(flag, value as Strategy)
  if (field === 'shares') return sharesText(flag, value as Extract<Strategy, { kind: 'rollout' }>['shares'])
  if (field === 'variationId') return variationName(flag, value as string)
  if (field === 'audience' && rest[1] === 'percentage') return `${words.parts.audience} ${String(value)} %`
  return plain(value)
}

function fieldText(field: string, value: unknown, flag: Named): string {
  switch (field) {
    case 'enabled':
      return value ? words.on : words.off
    case 'offVariationId':
      return variationName(flag, value as string)
    case 'prerequisites':
      return (value as Flag['prerequisites'])
        .map(({ flagKey, variationId }) => `${flagKey} ${words.operators['flag-is']} ${variationId}`)
        .join(` ${words.and} `)
    case 'targets':
      return (value as Flag['targets'])
        .filter(({ targetingKeys }) => targetingKeys.length > 0)
        .map(
          ({ variationId, targetingKeys }) => `${variationName(flag, variationId)}: ${listed(targetingKeys)}`,
        )
        .join('; ')
    default:
      return plain(value)
  }
}

function orderText(value: unknown, { rules = [] }: Described): string {
  const ids = value as readonly string[]
  return ids.map((id) => rules.find((rule) => rule.id === id)?.name || id).join(', ')
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value || words.none
  if (typeof value === 'boolean') return value ? words.yes : words.no
  if (Array.isArray(value) && value.every((each) => typeof each === 'string'))
    return value.length > 0 ? value.join(', ') : words.none
  return JSON.stringify(value)
}
