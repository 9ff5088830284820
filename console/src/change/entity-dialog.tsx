// One form to create an entity and to edit it: an edit sends what differs, on the version that was shown. If
// somebody else was faster, the form is merged with what they stored, and goes out on their version.
import type { ReactNode } from 'react'
import { ask, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { common } from '../messages/common.ts'
import { ChangeDialog } from './change-dialog.tsx'
import { type Body, changesBetween } from './changes-between.ts'
import { MergedEdit } from './stale.tsx'
import type { Edit, Versioned } from './use-edit.ts'

type Identified = { readonly id: string } | { readonly key: string }

interface EntityDialogProps<Entity extends Versioned & Identified, Fields> {
  /** As in the path of the API. */
  readonly plural: string
  /** Of what the organisation has: the path that its kind is below, as `/projects`. */
  readonly organisationPath?: string
  readonly words: { readonly create: string; readonly edit: string; readonly save?: string }
  readonly edit: Edit<Entity, Fields>
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

interface Answer {
  readonly entity?: { readonly id?: string; readonly name?: string }
}

const idOf = (entity: Identified) => ('key' in entity ? entity.key : entity.id)

export function EntityDialog<Entity extends Versioned & Identified, Fields>(
  props: EntityDialogProps<Entity, Fields>,
) {
  const { plural, organisationPath, words, edit, bodyOf, shown, wide } = props
  const { onClose, onDone, children } = props
  const environment = useEnvironmentId()
  const { opened, initial, fields, isMerged, rebase } = edit
  const body = bodyOf(fields)
  const changes = opened && body && changesBetween(bodyOf(initial) ?? {}, body)
  const isReady = body !== undefined && (changes === undefined || Object.keys(changes).length > 0)
  const path = organisationPath ?? pathOf(environment, plural)
  return (
    <ChangeDialog
      title={opened ? words.edit : words.create}
      verb={opened ? (words.save ?? common.save) : words.create}
      isReady={isReady && isMerged}
      {...(wide && { wide })}
      {...(organisationPath !== undefined && { ofOrganisation: true })}
      run={(comment) =>
        opened
          ? ask<Answer>('PATCH', `${path}/${encodeURIComponent(idOf(opened))}`, {
              version: opened.version,
              body: changes,
              comment,
            })
          : ask<Answer>('POST', path, { body, comment })
      }
      done={({ entity: { id = '', name } = {} }) => {
        const text = shown || name || id
        return opened ? common.saved(text) : common.created(text)
      }}
      {...(onDone && { onDone })}
      {...(opened && { onStale: rebase })}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <MergedEdit edit={edit} />
          {children(problemOf)}
        </>
      )}
    </ChangeDialog>
  )
}
