// Creates an environment and goes there.
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ask, Refused } from '../api/client.ts'
import { environmentsQuery } from '../api/queries.ts'
import { frame } from '../messages/frame.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Checkbox, TextField } from '../ui/fields.tsx'
import { keyFollowing } from '../ui/key-of.ts'
import { Refusal } from '../ui/states.tsx'

export function CreateEnvironment({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [id, setId] = useState('')
  const [name, setName] = useState('')
  const [production, setProduction] = useState(false)
  const [error, setError] = useState<unknown>()
  const create = async () => {
    try {
      await ask('POST', '/environments', { body: { id, name, production } })
      await queries.invalidateQueries(environmentsQuery())
      onClose()
      await navigate({ to: '/environments/$environment/flags', params: { environment: id } })
    } catch (cause) {
      setError(cause)
    }
  }
  const problems = error instanceof Refused ? (error.problem.errors ?? []) : []
  const problemOf = (path: string) => problems.find((each) => each.path === path)?.message
  return (
    <Dialog
      title={frame.createEnvironment}
      onClose={onClose}
      onSubmit={() => void create()}
      actions={
        <Button look="primary" type="submit" disabled={id === ''}>
          {frame.createEnvironment}
        </Button>
      }
    >
      {error !== undefined && problems.length === 0 && <Refusal error={error} />}
      <TextField
        label={frame.environmentName}
        problem={problemOf('name')}
        value={name}
        autoFocus
        onChange={({ target: { value } }) => {
          setName(value)
          setId(keyFollowing(id, name, value))
        }}
      />
      <TextField
        label={frame.environmentId}
        hint={frame.environmentIdHint}
        problem={problemOf('id')}
        value={id}
        mono
        required
        onChange={(event) => setId(event.target.value)}
      />
      <Checkbox
        label={frame.environmentProduction}
        hint={frame.environmentProductionHint}
        checked={production}
        onChange={(event) => setProduction(event.target.checked)}
      />
    </Dialog>
  )
}
