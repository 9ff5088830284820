// What an import says about a campaign that could not be carried over exactly, by topic. plan.ts groups it.
import type { Finding } from '../../../../core/change/import-plan.ts'
import type { LintFinding } from './lint.ts'

/** What a finding is about. */
export type Topic =
  | LintFinding['code']
  | 'attribute'
  | 'types'
  | 'overlap'
  | 'name'
  | 'unused-group'
  | 'campaign-type'
  | 'hash'
  | 'settings'
  | 'bucketing'

export type Report = (field: string, effect: Finding['effect'], topic: Topic, reason: string) => void

/** Reports about one flag, or about the environment without a key. */
export const reporter =
  (findings: Finding[], key?: string): Report =>
  (field, effect, topic, reason) => {
    const subject = key === undefined ? 'environment' : 'flag'
    const finding = { subject, key: key ?? '', field, effect, topic, reason } as const
    const isKnown = findings.some(
      (other) => other.key === finding.key && other.field === field && other.reason === reason,
    )
    if (!isKnown) findings.push(finding)
  }
