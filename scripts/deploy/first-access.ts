// The first token, environment and SDK key of an installation. The token goes straight into D1, which proves
// that the caller owns the database (docs/decisions/0013-the-first-token-goes-straight-into-d1.md); all else
// goes through the admin API.
import { type Admin, call } from '../admin.ts'

export interface FirstKeys {
  readonly clientKey: string
  readonly serverKey: string
  /** For the batch runner. */
  readonly runnerToken: string
}

/** What is there already, as of a run that was cut short, is kept; keys and the runner's token are new. */
export async function firstAccess(admin: Admin, environment: string): Promise<FirstKeys> {
  const create = { id: environment, name: environment }
  await call(admin, 'POST', '/environments', create).catch((error: Error) => {
    if (!/: 409 .*exists/.test(error.message)) throw error
  })
  const key = async (role: 'client' | 'server') => {
    const path = `/environments/${environment}/sdk-keys`
    return (await call<{ key: string }>(admin, 'POST', path, { role, name: `first ${role} key` })).key
  }
  const path = '/organisations/default/tokens'
  const runner = await call<{ token: string }>(admin, 'POST', path, { name: 'runner', role: 'editor' })
  return { clientKey: await key('client'), serverKey: await key('server'), runnerToken: runner.token }
}

/** A new address takes a while until it is known everywhere. Throws a sentence if it does not answer. */
export async function untilItAnswers(
  url: string,
  waitMs: (attempt: number) => Promise<void>,
  attemptsMax = 40,
): Promise<void> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const response = await fetch(`${url}/healthz`).catch(() => undefined)
    if (response?.ok) return
    await waitMs(attempt)
  }
  throw new Error(
    `All is deployed, but ${url} does not answer yet. A new domain takes some minutes: run the same command ` +
      'again for the first environment and its keys.',
  )
}
