// One form to create an entity and to edit it: an edit sends what differs, on the version that was shown.
import { type ReactNode, useState } from 'react'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { common } from '../messages/common.ts'
import { ChangeDialog } from './change-dialog.tsx'
import { type Body, changesBetween } from './changes-between.ts'

interface EntityDialogProps<Fields> {
  /** As in the path of the API. */
  readonly plural: string
  readonly words: { readonly create: string; readonly edit: string }
  /** What is edited, as it is when the dialogue opens. Absent: a new one is made. */
  readonly entity?: { readonly id: string; readonly version: number } | undefined
  /** The fields at the beginning. */
  readonly initial: Fields
  readonly fields: Fields
  /** As the API takes it; undefined: something is missing or no number. */
  readonly bodyOf: (fields: Fields) => Body | undefined
  /** In the notice. Default: the name, or else the id. */
  readonly shown?: string
  readonly wide?: boolean
  readonly onClose: () => void
  /** Instead of closing: to show what is shown once. */
  readonly onDone?: (answer: object) => void
  readonly children: (problemOf: (path: string) => string | undefined) => ReactNode
}

interface Entity {
  readonly id?: string
  readonly name?: string
}

export function EntityDialog<Fields>(props: EntityDialogProps<Fields>) {
  const { plural, words, initial, fields, bodyOf, shown, wide } = props
  const { onClose, onDone, children } = props
  const environment = useEnvironmentId()
  // the fields are of this version: what a colleague changed meanwhile is refused, not overwritten
  const [entity] = useState(props.entity)
  const body = bodyOf(fields)
  const changes = entity && body && changesBetween(bodyOf(initial) ?? {}, body)
  const isReady = body !== undefined && (changes === undefined || Object.keys(changes).length > 0)
  const verb = entity ? words.edit : words.create
  return (
    <ChangeDialog
      title={verb}
      verb={entity ? common.save : words.create}
      isReady={isReady}
      {...(wide && { wide })}
      run={(comment) =>
        entity
          ? change<Entity>('PATCH', pathOf(environment, plural, entity.id), {
              version: entity.version,
              body: changes,
              comment,
            })
          : change<Entity>('POST', pathOf(environment, plural), { body, comment })
      }
      done={({ entity: { id = '', name } }) => {
        const text = shown || name || id
        return entity ? common.saved(text) : common.created(text)
      }}
      {...(onDone && { onDone })}
      onClose={onClose}
    >
      {children}
    </ChangeDialog>
  )
}
