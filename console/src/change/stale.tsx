// Somebody else was faster: how the API says so, and how a dialogue does.
import { lazy, Suspense } from 'react'
import { Refused } from '../api/client.ts'
import type { Edit, Versioned } from './use-edit.ts'

const MergeOfForm = lazy(() => import('./merge-of-form.tsx'))
const StaleNote = lazy(() => import('./stale-note.tsx'))

/** What is stored now, if an edit was refused because it was made on an older version. */
export function staleOf(cause: unknown): Versioned | undefined {
  if (!(cause instanceof Refused) || cause.code !== 'CONFLICT') return undefined
  const { current } = cause.problem
  const isEntity = typeof current === 'object' && current !== null && 'version' in current
  return isEntity ? (current as Versioned) : undefined
}

/** The merge of a form, if there was one. */
export const MergedEdit = <Entity, Fields>({ edit }: { edit: Edit<Entity, Fields> }) =>
  edit.merge && (
    <Suspense>
      <MergeOfForm
        merge={edit.merge}
        rules={edit.rules as never}
        choices={edit.choices}
        choose={edit.choose}
      />
    </Suspense>
  )

/** Of an action, which has nothing to merge: it is asked for once more. */
export const Stale = () => (
  <Suspense>
    <StaleNote />
  </Suspense>
)
