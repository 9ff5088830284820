// Checks a draft as the API would, by the same schemas and in the same words.
import { FlagChanges } from '../../../core/model/flag-draft.ts'
import { Flag } from '../../../core/model/flag.ts'
import { type FieldProblem, toFieldProblem } from '../../../core/model/problem.ts'
import { changesOf, type Edit, withDraft } from './draft.ts'
import { schemaProblems } from './value-problem.ts'

/** Every problem of the fields that differ; those between fields as well. */
export function problemsOf(edit: Edit): FieldProblem[] {
  const changes = changesOf(edit)
  if (changes === undefined) return []
  const alone = FlagChanges.safeParse(changes)
  if (!alone.success) return alone.error.issues.map(toFieldProblem)
  const whole = Flag.safeParse(withDraft(edit.base, edit.draft))
  return whole.success ? schemaProblems(whole.data) : whole.error.issues.map(toFieldProblem)
}
