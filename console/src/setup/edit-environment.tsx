// The form of an environment: its name, its production mark, whether it is archived.
import type { EnvironmentRow } from '../../../workers/control/api/shapes.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import type { FormOf } from '../change/edit-state.ts'
import { useEdit } from '../change/use-edit.ts'
import { setup } from '../messages/setup.ts'
import { Checkbox, TextField } from '../ui/fields.tsx'

const { environments: words } = setup

type EnvironmentFields = Pick<EnvironmentRow, 'name' | 'description' | 'production' | 'archived'>

const environmentForm: FormOf<EnvironmentRow, EnvironmentFields> = {
  empty: { name: '', description: '', production: false, archived: false },
  fieldsOf: ({ name, description, production, archived }) => ({ name, description, production, archived }),
  rules: {
    name: { label: setup.name },
    description: { label: words.description },
    production: { label: words.isProduction },
    archived: { label: words.archived },
  },
}

interface EditEnvironmentProps {
  readonly environment: EnvironmentRow
  readonly onClose: () => void
}

export function EditEnvironment({ environment, onClose }: EditEnvironmentProps) {
  const edit = useEdit(environment, environmentForm)
  const { fields, set } = edit
  return (
    <EntityDialog
      plural="environments"
      organisationPath="/environments"
      words={{ create: words.create, edit: words.editTitle, save: words.save }}
      edit={edit}
      bodyOf={(body) => ({ ...body })}
      shown={fields.name || environment.id}
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
    </EntityDialog>
  )
}
