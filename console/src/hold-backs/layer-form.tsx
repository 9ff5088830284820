// Creates a layer.
import { useState } from 'react'
import type { Layer } from '../../../core/model/layer.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { holdBacks } from '../messages/hold-backs.ts'
import { TextField } from '../ui/fields.tsx'
import { keyFollowing } from '../ui/key-of.ts'

const { layers: words } = holdBacks

export function LayerForm({ onClose }: { onClose: () => void }) {
  const environment = useEnvironmentId()
  const [{ id, name }, setFields] = useState({ id: '', name: '' })
  return (
    <ChangeDialog
      title={words.create}
      verb={words.create}
      isReady={id !== ''}
      run={(comment) => change<Layer>('POST', pathOf(environment, 'layers'), { body: { id, name }, comment })}
      done={({ entity }) => holdBacks.created(entity.name || entity.id)}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <TextField
            label={holdBacks.name}
            problem={problemOf('name')}
            value={name}
            onChange={({ target: { value } }) =>
              setFields({ name: value, id: keyFollowing(id, name, value) })
            }
          />
          <TextField
            label={holdBacks.id}
            hint={holdBacks.idHint}
            problem={problemOf('id')}
            mono
            value={id}
            onChange={(changed) => setFields({ name, id: changed.target.value })}
          />
        </>
      )}
    </ChangeDialog>
  )
}
