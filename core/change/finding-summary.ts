// Sorts and groups the findings of an import, so that the report is short enough to read.
import type { Finding } from './import-plan.ts'

export interface FindingSummary {
  readonly subject: Finding['subject']
  readonly effect: Finding['effect']
  /** Dotted path, with `*` in place of list positions. */
  readonly field: string
  readonly reason: string
  /** The number of findings in this group. */
  readonly count: number
  /** Keys of the first flags or segments of the group, at most ten. */
  readonly keys: readonly string[]
}

const keysMax = 10
const effects = ['left-out', 'differs', 'lost'] as const

/** Worst effect first. Findings with the same effect keep their order. */
export const sortFindings = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((a, b) => effects.indexOf(a.effect) - effects.indexOf(b.effect))

/** One group per subject, effect, field and reason, in the order of `sortFindings`. */
export function summariseFindings(findings: readonly Finding[]): FindingSummary[] {
  const groups = new Map<string, FindingSummary & { count: number; keys: string[] }>()
  for (const { subject, key, field, effect, reason } of sortFindings(findings)) {
    const pattern = field.replaceAll(/(?<=^|\.)\d+(?=\.|$)/g, '*')
    const id = JSON.stringify([subject, effect, pattern, reason])
    const group = groups.get(id) ?? { subject, effect, field: pattern, reason, count: 0, keys: [] }
    group.count++
    if (group.keys.length < keysMax && !group.keys.includes(key)) group.keys.push(key)
    groups.set(id, group)
  }
  return [...groups.values()]
}
