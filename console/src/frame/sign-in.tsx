// Asks for an API token, or shows the console. With Cloudflare Access in front the browser is signed in
// already, so the API is asked before a token is.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState, useSyncExternalStore } from 'react'
import { Refused } from '../api/client.ts'
import { callerQuery } from '../api/queries.ts'
import { frame } from '../messages/frame.ts'
import { beginSession, onSession, readToken } from '../session.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/fields.tsx'
import { Failed, Loading } from '../ui/states.tsx'
import { Words } from '../ui/words.tsx'
import css from './frame.module.css'

export function SignedIn() {
  const queries = useQueryClient()
  const token = useSyncExternalStore(onSession, readToken)
  const { data, error, refetch } = useQuery(callerQuery())
  useEffect(() => onSession(() => void queries.resetQueries()), [queries])
  if (data) return <Outlet />
  if (!error) return <Loading />
  const isUnknown = error instanceof Refused && error.code === 'UNAUTHENTICATED'
  if (!isUnknown) return <Failed error={error} retry={() => void refetch()} />
  return <SignIn refused={token !== ''} />
}

function SignIn({ refused }: { refused: boolean }) {
  const [token, setToken] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (token.trim() !== '') beginSession(token)
  }
  return (
    <main className={css['sign-in']}>
      <form onSubmit={submit}>
        <p className={css['logo']}>
          <img src="/icon.svg" width="24" height="24" alt="" />
          Tackline
        </p>
        <h1>{frame.signIn}</h1>
        <p role="status">{refused ? frame.signInRefused : frame.signInLead}</p>
        <TextField
          label={frame.token}
          hint={<Words text={frame.tokenHint} />}
          type="password"
          value={token}
          required
          autoFocus
          onChange={(event) => setToken(event.target.value)}
        />
        <Button look="primary" type="submit">
          {frame.signIn}
        </Button>
      </form>
    </main>
  )
}
