// What a decision was, signed: a client that shows it later sends the token back, and no client can claim
// what was not decided. Nothing is kept for it here. The targeting key is signed but not inside, so that a
// token tells nothing of its user and fits no other.
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'

/**
 * Tokens of one week run out together, at the end of the next: a token is good for one to two weeks, and
 * equal decisions have equal tokens meanwhile. The tag of an answer names the week, so that no client keeps
 * tokens that have run out.
 */
const weekMs = 7 * 24 * 60 * 60 * 1000
export const tokenWeekOf = (now: number): number => Math.floor(now / weekMs)
const expiryOf = (now: number): number => (tokenWeekOf(now) + 2) * weekMs

/**
 * What a token says. The flag's version stands for the revision: with the environment's, every change would
 * seem to change every flag.
 */
export interface Decided {
  readonly flagKey: string
  readonly flagVersion: number
  readonly variationId: string
  readonly ruleId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Whom a token is for. */
interface Holder {
  readonly environmentId: string
  readonly targetingKey: string
}

/** Undefined where there is nothing that could be shown. */
export async function tokenOf(
  secret: string,
  { flag, variation, cause }: Evaluation,
  holder: Holder,
  now: number,
): Promise<string | undefined> {
  if (!flag || !variation) return undefined
  const ruleId = 'ruleId' in cause ? cause.ruleId : ''
  const content = base64url(
    encoder.encode(JSON.stringify([flag.key, flag.version, variation.id, ruleId, expiryOf(now)])),
  )
  const mac = await crypto.subtle.sign('HMAC', await keyOf(secret), signed(content, holder))
  return `${content}.${base64url(new Uint8Array(mac))}`
}

export async function readToken(
  secret: string,
  token: string,
  holder: Holder,
  now: number,
): Promise<Result<Decided>> {
  const [content = '', mac = '', ...more] = token.split('.')
  const bytes = fromBase64url(mac)
  const isOurs =
    more.length === 0 &&
    bytes !== undefined &&
    (await crypto.subtle.verify('HMAC', await keyOf(secret), bytes, signed(content, holder)))
  if (!isOurs) return forged
  const [flagKey, flagVersion, variationId, ruleId, expiresAt] = JSON.parse(
    new TextDecoder().decode(fromBase64url(content)),
  ) as [string, number, string, string, number]
  if (expiresAt <= now) return flawed('has expired')
  return ok({ flagKey, flagVersion, variationId, ruleId, expiresAt })
}

const flawed = (message: string) =>
  refuse('INVALID', `exposureToken: ${message}`, { fields: [{ path: 'exposureToken', message }] })
const forged = flawed('was not given out here, or not for this targeting key in this environment')

const encoder = new TextEncoder()

const signed = (content: string, { environmentId, targetingKey }: Holder) =>
  encoder.encode(JSON.stringify(['exposure', environmentId, targetingKey, content]))

/** One secret a Worker, imported once. */
let imported: { readonly secret: string; readonly key: Promise<CryptoKey> } | undefined

function keyOf(secret: string): Promise<CryptoKey> {
  if (imported?.secret !== secret) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const key = crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign', 'verify'])
    imported = { secret, key }
  }
  return imported.key
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))
  } catch {
    return undefined
  }
}
