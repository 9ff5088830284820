// Tickets: short-lived texts that open a stream instead of an SDK key. EventSource cannot send headers, so
// what it sends is in the address, where others may log it. A ticket is signed with edge's secret and stored
// nowhere. It lets nobody do anything but listen to its environment, while it lasts and while its key is
// valid.
import { type Result, ok, refuse } from '../../core/model/problem.ts'
import type { Ports } from '../contracts/ports.ts'
import { slugSource } from '../../core/model/slug.ts'
import { isSignature, sign } from '../http/signature.ts'
import { type Caller, authenticate, readEnvironment } from '../sdk/authenticate.ts'
import type { RequestContext } from '../sdk/request-context.ts'

/** From its answer to the opening of the stream. A stream that is open goes on. */
const lifetimeMs = 60_000

/** The key's id may have any characters, so it comes last. */
const pattern = new RegExp(`^tls_(${slugSource})_(\\d{13})_([\\w-]{43})_(.{1,900})$`)

export interface Ticket {
  readonly ticket: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

const signedText = (environmentId: string, sha256: string, expiresAt: number) =>
  JSON.stringify(['stream', environmentId, sha256, expiresAt])

/** Refused if edge has no secret to sign with. */
export async function issueTicket(
  { compiled: { environmentId }, key: { id, sha256 } }: Caller,
  { exposureSecret: secret, now }: Pick<Ports, 'exposureSecret' | 'now'>,
): Promise<Result<Ticket>> {
  if (secret === undefined) return refuse('NOT_FOUND', 'this deployment has no secret to sign tickets with')
  const expiresAt = now() + lifetimeMs
  const signature = await sign(secret, signedText(environmentId, sha256, expiresAt))
  return ok({ ticket: `tls_${environmentId}_${expiresAt}_${signature}_${encodeURIComponent(id)}`, expiresAt })
}

/** The caller of an address that holds an SDK key or a ticket. */
export async function authenticateListener(
  ports: Ports,
  requestContext: RequestContext,
  text: string,
): Promise<Result<Caller>> {
  const [, environmentId, expiry, signature, encodedId] = pattern.exec(text) ?? []
  if (environmentId === undefined) return authenticate(ports, requestContext, text)
  const { exposureSecret: secret } = ports
  const expiresAt = Number(expiry)
  if (secret === undefined || expiresAt > ports.now() + lifetimeMs) return invalidTicket
  if (expiresAt <= ports.now()) return refuse('UNAUTHENTICATED', 'this ticket has expired: ask for another')
  const read = await readEnvironment(ports, requestContext, environmentId)
  if (!read.ok) return read.problem.code === 'NOT_FOUND' ? invalidTicket : read
  const compiled = read.value
  for (const key of compiled.sdkKeys.values()) {
    if (encodeURIComponent(key.id) !== encodedId) continue
    if (key.expiresAt !== undefined && key.expiresAt <= ports.now()) continue
    if (!(await isSignature(secret, signature!, signedText(environmentId, key.sha256, expiresAt)))) continue
    return ports.limits.allows('key', key.id)
      ? ok({ compiled, key })
      : refuse('RATE_LIMITED', 'too many requests, slow down')
  }
  return invalidTicket
}

const invalidTicket = refuse('UNAUTHENTICATED', 'invalid ticket')
