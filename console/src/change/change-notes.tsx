// What a change could not do, or did differently: it stays until it has been read.
import type { ChangeAnswer } from '../../../workers/control/api/shapes.ts'
import { observe } from '../messages/observe.ts'
import { EntityLink } from '../pages/entity-link.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Note } from '../ui/page.tsx'
import { sentence } from '../ui/states.tsx'
import css from './merge.module.css'

export type Notes = NonNullable<ChangeAnswer<unknown>['notes']>

const kinds: Readonly<Record<string, string>> = observe.audit.kinds

/** `holdout.year`: an entity; anything else is a field. */
function Noted({ path }: { path: string }) {
  const [kind = '', ...id] = path.split('.')
  const name = kinds[kind]
  return name === undefined ? (
    <code>{path}</code>
  ) : (
    <>
      {name} <EntityLink kind={kind} id={id.join('.')} />:
    </>
  )
}

interface ChangeNotesProps {
  readonly title: string
  readonly lead: string
  readonly notes: Notes
  readonly onClose: () => void
}

export default function ChangeNotes({ title, lead, notes, onClose }: ChangeNotesProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <Note tone="warning">{lead}</Note>
      <ul className={css['notes']}>
        {notes.map(({ path, message }) => (
          <li key={`${path} ${message}`}>
            <Noted path={path} /> {sentence(message)}
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
