// Forgets the variations that flags keep for users: what it does is said, and the environment's id is typed.
import { useState } from 'react'
import { ask, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { common } from '../messages/common.ts'
import { settings as words } from '../messages/settings.ts'
import { Button } from '../ui/button.tsx'
import { TextArea, TextField } from '../ui/fields.tsx'
import { Note, Section } from '../ui/page.tsx'
import css from './settings.module.css'

export function ForgetUsers() {
  const canEdit = useMay('editor')
  const [isOpen, setIsOpen] = useState(false)
  return (
    <section>
      <Section title={words.users} hint={words.usersHint} />
      <div className={css['row']}>
        <p>{words.forgetIntro}</p>
        <Button
          disabled={!canEdit}
          {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
          onClick={() => setIsOpen(true)}
        >
          {words.forget}…
        </Button>
      </div>
      {isOpen && <ForgetDialog onClose={() => setIsOpen(false)} />}
    </section>
  )
}

interface Forgotten {
  readonly assignments: number
}

function ForgetDialog({ onClose }: { onClose: () => void }) {
  const environment = useEnvironmentId()
  const [text, setText] = useState('')
  const [typed, setTyped] = useState('')
  const targetingKeys = [...new Set(text.split('\n').filter((key) => key.trim() !== ''))]
  return (
    <ChangeDialog<Forgotten>
      title={words.forget}
      verb={words.forget}
      isDestructive
      isReady={targetingKeys.length > 0 && typed === environment}
      run={(comment) =>
        ask('POST', `${pathOf(environment, 'assignments')}/forget`, { body: { targetingKeys }, comment })
      }
      done={({ assignments }) => words.forgotten(assignments)}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <Note tone="warning">
            <p>{words.forgetIntro}</p>
            <p>{words.forgetTrail}</p>
          </Note>
          <TextArea
            label={words.forgetKeys}
            hint={words.forgetKeysHint}
            problem={problemOf('targetingKeys')}
            className="mono"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <TextField
            label={common.typeName(environment)}
            mono
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </>
      )}
    </ChangeDialog>
  )
}
