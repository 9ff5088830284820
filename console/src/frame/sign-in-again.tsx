// Asks to sign in again when the session has ended, over what is open: forms keep what was typed in them.
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { frame } from '../messages/frame.ts'
import { keepToken, readToken, setIsOver } from '../session.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/fields.tsx'
import { Refusal } from '../ui/states.tsx'
import { toast } from '../ui/toasts.tsx'

export default function SignInAgain() {
  const queries = useQueryClient()
  // without a token it was Cloudflare Access that knew the caller
  const [hadToken] = useState(() => readToken() !== '')
  const [token, setToken] = useState('')
  const [error, setError] = useState<unknown>()
  const [isHidden, setIsHidden] = useState(false)
  const goOn = async () => {
    if (hadToken) keepToken(token)
    try {
      await ask('GET', '/caller')
      setIsOver(false)
      void queries.invalidateQueries()
    } catch (cause) {
      setError(cause)
    }
  }
  const hide = () => {
    setIsHidden(true)
    const action = { text: frame.signIn, run: () => setIsHidden(false) }
    toast({ text: frame.sessionOver, tone: 'failed', action })
  }
  if (isHidden) return null
  return (
    <Dialog
      title={frame.sessionOver}
      onClose={hide}
      onSubmit={goOn}
      actions={
        <Button look="primary" type="submit" disabled={hadToken && token.trim() === ''}>
          {hadToken ? frame.signIn : frame.goOn}
        </Button>
      }
    >
      <p>{hadToken ? frame.sessionOverToken : frame.sessionOverAccess}</p>
      {hadToken ? (
        <TextField
          label={frame.token}
          type="password"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      ) : (
        <p>
          <a href="/" target="_blank" rel="noreferrer">
            {frame.signInTab}
          </a>
        </p>
      )}
      {error !== undefined && <Refusal error={error} />}
    </Dialog>
  )
}
