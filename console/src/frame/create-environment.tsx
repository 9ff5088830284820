// Creates an environment and goes there.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ask, Refused } from '../api/client.ts'
import { nameWithId } from '../api/place.ts'
import { environmentsQuery } from '../api/queries.ts'
import { frame } from '../messages/frame.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Checkbox, SelectField, TextField } from '../ui/fields.tsx'
import { keyFollowing, keyTyped } from '../ui/key-of.ts'
import { Refusal } from '../ui/states.tsx'

export default function CreateEnvironment({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [id, setId] = useState('')
  const [name, setName] = useState('')
  const [production, setProduction] = useState(false)
  const [from, setFrom] = useState('')
  const { data: others = [] } = useQuery(environmentsQuery())
  const [error, setError] = useState<unknown>()
  const create = async () => {
    try {
      await ask('POST', '/environments', { body: { id, name, production } })
      await queries.invalidateQueries(environmentsQuery())
      onClose()
      const params = { environment: id }
      if (from === '') await navigate({ to: '/environments/$environment/flags', params })
      else
        await navigate({
          to: '/environments/$environment/environments',
          params,
          search: { compare: from } as never,
        })
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
      onSubmit={create}
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
        onChange={(event) => setId(keyTyped(event.target.value))}
      />
      {others.length > 0 && (
        <SelectField
          label={frame.environmentFrom}
          hint={frame.environmentFromHint}
          value={from}
          onChange={(event) => setFrom(event.target.value)}
        >
          <option value="">{frame.environmentFromNone}</option>
          {others.map((each) => (
            <option key={each.id} value={each.id}>
              {nameWithId(each)}
            </option>
          ))}
        </SelectField>
      )}
      <Checkbox
        label={frame.environmentProduction}
        hint={frame.environmentProductionHint}
        checked={production}
        onChange={(event) => setProduction(event.target.checked)}
      />
    </Dialog>
  )
}
