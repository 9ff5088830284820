// Asks for the name under which the list of flags is kept as it is filtered now.
import { useState } from 'react'
import { useEnvironmentId } from '../api/place.ts'
import { bulk } from '../messages/bulk.ts'
import { flags as words } from '../messages/flags.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/fields.tsx'
import { choiceOf, saveView } from './saved-views.ts'
import type { Choice } from './views.ts'

const nameLengthMax = 40

export default function SaveView({ choice, onClose }: { choice: Choice; onClose: () => void }) {
  const environment = useEnvironmentId()
  const [name, setName] = useState(choice.q ?? choice.tag ?? choice.maintainer ?? '')
  const save = () => {
    saveView(environment, { name: name.trim(), choice: choiceOf(choice) })
    onClose()
  }
  return (
    <Dialog
      title={words.saveView}
      onClose={onClose}
      onSubmit={save}
      actions={
        <Button look="primary" type="submit" disabled={name.trim() === ''}>
          {words.saveView}
        </Button>
      }
    >
      <TextField
        label={bulk.viewName}
        hint={bulk.viewHint}
        maxLength={nameLengthMax}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
    </Dialog>
  )
}
