// Creates a holdout, which begins at once.
import { useState } from 'react'
import type { Holdout } from '../../../core/model/holdout.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { common } from '../messages/common.ts'
import { holdBacks } from '../messages/hold-backs.ts'
import { TextField } from '../ui/fields.tsx'
import { keyFollowing } from '../ui/key-of.ts'
import { keysIn, slicesOf } from './share.ts'

const { holdouts: words } = holdBacks
const shareMax = 50
const dayMs = 86_400_000

export function HoldoutForm({ onClose }: { onClose: () => void }) {
  const environment = useEnvironmentId()
  const [fields, setFields] = useState({ id: '', name: '', share: '5', stop: '', flags: '', goals: '' })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { id, name, share, stop, flags, goals } = fields
  const slices = slicesOf(share, shareMax)
  const lastDay = Date.parse(`${stop}T00:00`)
  const body = () => ({
    id,
    name,
    slices,
    ...(!Number.isNaN(lastDay) && { stopAt: lastDay + dayMs }),
    ...(keysIn(flags).length > 0 && { flagKeys: keysIn(flags) }),
    goalKeys: keysIn(goals),
  })
  return (
    <ChangeDialog
      title={words.create}
      verb={words.create}
      isReady={id !== '' && slices !== undefined}
      run={(comment) => change<Holdout>('POST', pathOf(environment, 'holdouts'), { body: body(), comment })}
      done={({ entity }) => holdBacks.created(entity.name || entity.id)}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <TextField
            label={holdBacks.name}
            problem={problemOf('name')}
            value={name}
            onChange={({ target: { value } }) => set({ name: value, id: keyFollowing(id, name, value) })}
          />
          <TextField
            label={holdBacks.id}
            hint={holdBacks.idHint}
            problem={problemOf('id')}
            mono
            value={id}
            onChange={(changed) => set({ id: changed.target.value })}
          />
          <TextField
            label={words.share}
            hint={words.shareHint}
            inputMode="decimal"
            problem={problemOf('slices')}
            value={share}
            onChange={(changed) => set({ share: changed.target.value })}
          />
          <TextField
            type="date"
            label={`${words.stop} (${common.optional})`}
            problem={problemOf('stopAt')}
            value={stop}
            onChange={(changed) => set({ stop: changed.target.value })}
          />
          <TextField
            label={`${words.flags} (${common.optional})`}
            hint={words.flagsHint}
            problem={problemOf('flagKeys')}
            mono
            value={flags}
            onChange={(changed) => set({ flags: changed.target.value })}
          />
          <TextField
            label={`${words.goals} (${common.optional})`}
            hint={words.goalsHint}
            problem={problemOf('goalKeys')}
            mono
            value={goals}
            onChange={(changed) => set({ goals: changed.target.value })}
          />
        </>
      )}
    </ChangeDialog>
  )
}
