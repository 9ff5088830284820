// The form of an environment: its name, its production mark, whether it is archived.
import { useState } from 'react'
import type { EnvironmentRow } from '../../../workers/control/api/shapes.ts'
import { ask, pathOf } from '../api/client.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { common } from '../messages/common.ts'
import { setup } from '../messages/setup.ts'
import { Checkbox, TextField } from '../ui/fields.tsx'

const { environments: words } = setup

interface EditEnvironmentProps {
  readonly environment: EnvironmentRow
  readonly onClose: () => void
}

export function EditEnvironment({ environment, onClose }: EditEnvironmentProps) {
  const { id, name, description, production, archived } = environment
  const [fields, setFields] = useState({ name, description, production, archived })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  return (
    <ChangeDialog<EnvironmentRow>
      title={words.editTitle}
      verb={words.save}
      ofOrganisation
      isReady
      run={() => ask('PATCH', pathOf(id), { body: fields })}
      done={() => common.saved(fields.name || id)}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <TextField
            label={setup.name}
            problem={problemOf('name')}
            value={fields.name}
            onChange={(event) => set({ name: event.target.value })}
          />
          <TextField
            label={words.description}
            problem={problemOf('description')}
            value={fields.description}
            onChange={(event) => set({ description: event.target.value })}
          />
          <Checkbox
            label={words.isProduction}
            hint={words.isProductionHint}
            checked={fields.production}
            onChange={(event) => set({ production: event.target.checked })}
          />
          <Checkbox
            label={words.archived}
            hint={words.archivedHint}
            checked={fields.archived}
            onChange={(event) => set({ archived: event.target.checked })}
          />
        </>
      )}
    </ChangeDialog>
  )
}
