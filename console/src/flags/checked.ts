// Checks a draft as the API would, by the same schemas and in the same words.
import { FlagChanges } from '../../../core/model/flag-draft.ts'
import { Flag } from '../../../core/model/flag.ts'
import type { FieldProblem } from '../../../core/model/problem.ts'
import { problemsBy } from '../change/schema-check.ts'
import { changesOf, type Edit, withDraft } from './draft.ts'
import { schemaProblems } from './value-problem.ts'

/** Every problem of the fields that differ; those between fields as well. */
export function problemsOf(edit: Edit): FieldProblem[] {
  const changes = changesOf(edit)
  if (changes === undefined) return []
  const alone = problemsBy(FlagChanges, changes)
  if (alone.length > 0) return alone
  const flag = withDraft(edit.base, edit.draft)
  const whole = problemsBy(Flag, flag)
  return whole.length > 0 ? whole : schemaProblems(flag)
}
