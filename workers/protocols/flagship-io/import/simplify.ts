// Makes imported clauses as plain as somebody would write them: AB Tasty's files guard text operators by
// EXISTS and spell out OR, which clauses do not need. Who matches does not change.
import type { Clause } from '../../../../core/model/clause.ts'

/** `anyOf` is an OR of ANDs. */
export function simplified(anyOf: readonly Clause[][]): Clause[][] {
  let groups = unique(anyOf.map((clauses) => unique(clauses)))
  for (let before = -1; before !== groups.length;) {
    before = groups.length
    groups = joined(groups)
  }
  return groups.map(withoutGuards)
}

/** Clauses that an absent attribute, which reads as the empty text, never satisfies. */
function impliesPresence({ operator, values, negated, compareAs }: Clause): boolean {
  if (negated) return false
  switch (operator) {
    case 'equals':
    case 'starts-with':
    case 'ends-with':
    case 'contains':
      return !values.includes('')
    case 'matches':
      return !values.includes('^$')
    case 'greater':
    case 'greater-or-equal':
    case 'less':
    case 'less-or-equal':
      return compareAs !== undefined && compareAs !== 'bucketeer'
    default:
      return false
  }
}

const withoutGuards = (clauses: readonly Clause[]): Clause[] =>
  clauses.filter(
    ({ operator, attribute }) =>
      operator !== 'exists' ||
      !clauses.some((other) => other.attribute === attribute && impliesPresence(other)),
  )

/** Joins two groups that differ only in this: an attribute is absent, or exists without a text in it. */
function joined(groups: readonly Clause[][]): Clause[][] {
  for (const absent of groups)
    for (const missing of absent.filter(({ operator }) => operator === 'not-exists')) {
      const { attribute } = missing
      const rest = textsOf(absent.filter((clause) => clause !== missing))
      for (const present of groups) {
        const others = present.filter(
          (clause) => clause.attribute !== attribute || clause.operator !== 'exists',
        )
        const excluding = others.filter((each) => each.attribute === attribute && isExclusion(each))
        const isPair =
          others.length === present.length - 1 &&
          excluding.some((each) => textsOf(others.filter((other) => other !== each)) === rest)
        if (isPair)
          return groups.flatMap((group) => (group === absent ? [others] : group === present ? [] : [group]))
      }
    }
  return [...groups]
}

/** Holds for a missing attribute, which reads as the empty text. */
const isExclusion = ({ operator, values, negated }: Clause) =>
  operator === 'not-contains' && !negated && !values.includes('')

/** Clauses in any order. */
const textsOf = (clauses: readonly Clause[]) =>
  JSON.stringify(clauses.map((each) => JSON.stringify(each)).toSorted())

function unique<T>(items: readonly T[]): T[] {
  const texts = new Set<string>()
  return items.filter((item) => {
    const text = JSON.stringify(item)
    return !texts.has(text) && texts.add(text)
  })
}
