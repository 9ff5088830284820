// The tags of an environment: names for people, and the way out of one that no flag has any more.
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Tag } from '../../../core/model/tag.ts'
import { askAll, change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { RowActions } from '../change/row-actions.tsx'
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

function TagActions({ tag: { key, name, version } }: { tag: Tag }) {
  const path = pathOf(useEnvironmentId(), 'tags', key)
  const [typed, setTyped] = useState(name)
  return (
    <RowActions
      label={key}
      actions={[
        {
          text: words.renameTag,
          done: words.tagSaved(key),
          extra: (
            <TextField
              label={words.tagName}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          ),
          run: ({ comment }) => change('PATCH', path, { version, comment, body: { name: typed } }),
        },
        {
          text: words.removeTag,
          hint: words.removeTagHint,
          done: words.tagRemoved(key),
          isDestructive: true,
          run: ({ comment }) => change('DELETE', path, { comment }),
        },
      ]}
    />
  )
}
