// The form of a project: its name, its description, whether it is archived.
import type { Project } from '../../../workers/control/api/shapes.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import type { FormOf } from '../change/edit-state.ts'
import { useEdit } from '../change/use-edit.ts'
import { settings as words } from '../messages/settings.ts'
import { Checkbox, TextArea, TextField } from '../ui/fields.tsx'

const projectForm: FormOf<Project, Pick<Project, 'name' | 'description' | 'archived'>> = {
  empty: { name: '', description: '', archived: false },
  fieldsOf: ({ name, description, archived }) => ({ name, description, archived }),
  rules: {
    name: { label: words.projectName },
    description: { label: words.projectDescription },
    archived: { label: words.projectArchived },
  },
}

export function EditProject({ project, onClose }: { project: Project; onClose: () => void }) {
  const edit = useEdit(project, projectForm)
  const { fields, set } = edit
  return (
    <EntityDialog
      plural="projects"
      organisationPath="/projects"
      words={{ create: words.editProject, edit: words.editProject, save: words.editProject }}
      edit={edit}
      bodyOf={(of) => ({ ...of })}
      shown={fields.name || project.id}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <p>{words.projectHint}</p>
          <TextField
            label={words.projectName}
            problem={problemOf('name')}
            value={fields.name}
            onChange={(event) => set({ name: event.target.value })}
          />
          <TextArea
            label={words.projectDescription}
            problem={problemOf('description')}
            value={fields.description}
            onChange={(event) => set({ description: event.target.value })}
          />
          <Checkbox
            label={words.projectArchived}
            hint={words.projectArchivedHint}
            checked={fields.archived}
            onChange={(event) => set({ archived: event.target.checked })}
          />
        </>
      )}
    </EntityDialog>
  )
}
