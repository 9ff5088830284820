// Somebody else was faster: how a dialogue says so.
import { lazy, Suspense } from 'react'
import type { Edit } from './use-edit.ts'

const MergeOfForm = lazy(() => import('./merge-of-form.tsx'))
const StaleNote = lazy(() => import('./stale-note.tsx'))

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
