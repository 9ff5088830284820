// The tags of an environment: names for people, and the way out of one that no flag has any more.
import { queryOptions, useQuery } from '@tanstack/react-query'
import type { Tag } from '../../../core/model/tag.ts'
import { askAll, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { removeAction } from '../change/remove-action.ts'
import { RowActions } from '../change/row-actions.tsx'
import type { FormOf } from '../change/edit-state.ts'
import { useEdit } from '../change/use-edit.ts'
import { settings as words } from '../messages/settings.ts'
import { TextField } from '../ui/fields.tsx'
import { Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { type Column, Table } from '../ui/table.tsx'

const tagsQuery = (environment: string) =>
  queryOptions({
    queryKey: [environment, 'tags'],
    queryFn: () => askAll<Tag>(pathOf(environment, 'tags'), 'tags'),
  })

const columns: readonly Column<Tag>[] = [
  { title: words.tag, cell: ({ key }) => <code>{key}</code> },
  { title: words.tagName, cell: ({ name }) => name },
  { title: '', slim: true, cell: (tag) => <TagActions tag={tag} /> },
]

export function Tags() {
  const query = useQuery(tagsQuery(useEnvironmentId()))
  return (
    <section>
      <Section title={words.tags} hint={words.tagsHint} />
      <Loaded query={query} lines={2}>
        {(tags) =>
          tags.length === 0 ? (
            <p>{words.noTags}</p>
          ) : (
            <Table label={words.tags} rows={tags} keyOf={({ key }) => key} columns={columns} />
          )
        }
      </Loaded>
    </section>
  )
}

function TagActions({ tag }: { tag: Tag }) {
  const { key, version } = tag
  const path = pathOf(useEnvironmentId(), 'tags', key)
  return (
    <RowActions
      label={key}
      actions={[
        {
          text: words.renameTag,
          form: (close) => <RenameTag tag={tag} onClose={close} />,
        },
        removeAction({
          path,
          version,
          shown: key,
          text: words.removeTag,
          hint: words.removeTagHint,
          done: words.tagRemoved(key),
        }),
      ]}
    />
  )
}

const tagForm: FormOf<Tag, Pick<Tag, 'name'>> = {
  empty: { name: '' },
  fieldsOf: ({ name }) => ({ name }),
  rules: { name: { label: words.tagName } },
}

function RenameTag({ tag, onClose }: { tag: Tag; onClose: () => void }) {
  const edit = useEdit(tag, tagForm)
  return (
    <EntityDialog
      plural="tags"
      words={{ create: words.renameTag, edit: words.renameTag, save: words.renameTag }}
      edit={edit}
      bodyOf={({ name }) => ({ name })}
      shown={tag.key}
      onClose={onClose}
    >
      {(problemOf) => (
        <TextField
          label={words.tagName}
          problem={problemOf('name')}
          value={edit.fields.name}
          onChange={(event) => edit.set({ name: event.target.value })}
        />
      )}
    </EntityDialog>
  )
}
