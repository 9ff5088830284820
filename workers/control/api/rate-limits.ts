// Limits requests before anything of them reaches D1: by address, and by credential, so that neither a scan
// with invented tokens nor a script gone wild takes the database away from others. Triggers have a lower
// limit of their own. Cloudflare's rate-limiting bindings count per data centre. Without a binding, or if one
// fails, nothing is limited.
import { type Problem, refuse } from '../../../core/model/problem.ts'
import { addressGroup } from '../../http/address-group.ts'
import { sha256Hex } from '../../http/digest.ts'
import { logError } from '../../http/log.ts'
import type { RateLimiter } from '../../contracts/ports.ts'

export interface RateLimitBindings {
  readonly RATE_ADMIN?: RateLimiter
  readonly RATE_TRIGGERS?: RateLimiter
}

/** Undefined if the request may go on. */
export async function rateLimitProblem(
  { headers }: Request,
  path: string,
  { RATE_ADMIN, RATE_TRIGGERS }: RateLimitBindings,
): Promise<Problem | undefined> {
  const limiter = /^\/api\/v1\/triggers(?:\/|$)/.test(path) ? RATE_TRIGGERS : RATE_ADMIN
  if (!limiter) return undefined
  const address = headers.get('cf-connecting-ip')
  const credential = headers.get('authorization') ?? headers.get('cf-access-jwt-assertion')
  const names = [
    ...(address === null ? [] : [`address:${addressGroup(address)}`]),
    ...(credential === null ? [] : [`credential:${await sha256Hex(credential)}`]),
  ]
  const isAllowed = await Promise.all(names.map((name) => allows(limiter, name)))
  return isAllowed.includes(false) ? tooMany : undefined
}

const tooMany = refuse('RATE_LIMITED', 'too many requests, slow down').problem

async function allows(limiter: RateLimiter, key: string): Promise<boolean> {
  try {
    return (await limiter.limit({ key })).success
  } catch (cause) {
    logError('rate limit', cause)
    return true
  }
}
