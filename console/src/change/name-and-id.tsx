// The name of an entity, and the id that follows from it until it is typed itself. What is there keeps its
// id.
import { TextField } from '../ui/fields.tsx'
import { keyFollowing, keyTyped } from '../ui/key-of.ts'

interface NameAndIdProps {
  readonly words: { readonly name: string; readonly id: string; readonly idHint: string }
  /** As the API calls the id: `id` or `key`. */
  readonly idField?: string
  readonly name: string
  readonly id: string
  readonly fixed: boolean
  readonly problemOf: (path: string) => string | undefined
  readonly onChange: (next: { readonly name: string; readonly id: string }) => void
}

export function NameAndId(props: NameAndIdProps) {
  const { words, idField = 'id', name, id, fixed, problemOf, onChange } = props
  return (
    <>
      <TextField
        label={words.name}
        problem={problemOf('name')}
        value={name}
        onChange={({ target: { value } }) =>
          onChange({ name: value, id: fixed ? id : keyFollowing(id, name, value) })
        }
      />
      <TextField
        label={words.id}
        hint={words.idHint}
        problem={problemOf(idField)}
        mono
        readOnly={fixed}
        value={id}
        onChange={({ target: { value } }) => onChange({ name, id: keyTyped(value) })}
      />
    </>
  )
}
