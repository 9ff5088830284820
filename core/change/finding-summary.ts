// What an import reports, in an order and a length that a person reads.
import type { Finding } from './import-plan.ts'

export interface FindingSummary {
  readonly subject: Finding['subject']
  readonly effect: Finding['effect']
  /** With `*` for the positions in lists. */
  readonly field: string
  readonly reason: string
  /** How many findings are alike. */
  readonly count: number
  /** The first flags or segments. */
  readonly keys: readonly string[]
}

const keysMax = 10
const effects = ['left-out', 'differs', 'lost'] as const

/** Worst first, as they came otherwise. */
export const ordered = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((a, b) => effects.indexOf(a.effect) - effects.indexOf(b.effect))

/** One entry for all findings that say the same about a field, in the order of `ordered`. */
export function summaryOf(findings: readonly Finding[]): FindingSummary[] {
  const groups = new Map<string, FindingSummary & { count: number; keys: string[] }>()
  for (const { subject, key, field, effect, reason } of ordered(findings)) {
    const pattern = field.replaceAll(/(?<=^|\.)\d+(?=\.|$)/g, '*')
    const id = JSON.stringify([subject, effect, pattern, reason])
    const group = groups.get(id) ?? { subject, effect, field: pattern, reason, count: 0, keys: [] }
    group.count++
    if (group.keys.length < keysMax && !group.keys.includes(key)) group.keys.push(key)
    groups.set(id, group)
  }
  return [...groups.values()]
}
