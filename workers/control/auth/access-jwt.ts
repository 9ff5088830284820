// Cloudflare Access: the JWT that it adds to a request of somebody it let through, checked against the team's
// own keys. https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { logError } from '../../http/log.ts'

export interface AccessSettings {
  /** `https://<team>.cloudflareaccess.com`, which is also who issues. */
  readonly issuer: string
  /** The tag of the Access application. */
  readonly audience: string
}

/** Undefined where a deployment does not use Access. */
export function accessSettings(env: {
  readonly ACCESS_TEAM_DOMAIN?: string
  readonly ACCESS_AUDIENCE?: string
}): AccessSettings | undefined {
  const { ACCESS_TEAM_DOMAIN: team = '', ACCESS_AUDIENCE: audience = '' } = env
  return team === '' || audience === '' ? undefined : { issuer: `https://${team}`, audience }
}

/** As a header, which Cloudflare sets, or as the cookie that browsers send by themselves. */
export function accessTokenOf({ headers }: Request): string | undefined {
  const cookie = /(?:^|;\s*)CF_Authorization=([^;\s]+)/.exec(headers.get('cookie') ?? '')?.[1]
  return headers.get('cf-access-jwt-assertion') ?? cookie
}

/**
 * Of an isolate's life. Keys are asked for again after ten minutes, and when one is unknown, at most twice a
 * minute.
 */
const keys = new Map<string, ReturnType<typeof createRemoteJWKSet>>()
const keysKeptMs = 10 * 60 * 1000
const keysAskedEveryMs = 30 * 1000
const keysWaitMaxMs = 5_000

/** The address, in lower case, of the person whom Access let through. */
export async function verifyAccessToken(settings: AccessSettings, token: string): Promise<Result<string>> {
  const { issuer, audience } = settings
  try {
    const { payload } = await jwtVerify(token, keysOf(issuer), {
      issuer,
      audience,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iat'],
    })
    const { email } = payload
    return typeof email === 'string' && email !== ''
      ? ok(email.toLowerCase())
      : refuse('UNAUTHENTICATED', 'this Access token names no person: services use API tokens')
  } catch (cause) {
    if (isRefusal(cause)) return refuse('UNAUTHENTICATED', 'this Access token is not valid')
    logError('access', cause)
    return refuse('UNAVAILABLE', 'the keys of Cloudflare Access cannot be read at the moment, try again')
  }
}

function keysOf(issuer: string) {
  const known = keys.get(issuer)
  if (known) return known
  const fresh = createRemoteJWKSet(new URL('/cdn-cgi/access/certs', issuer), {
    cacheMaxAge: keysKeptMs,
    cooldownDuration: keysAskedEveryMs,
    timeoutDuration: keysWaitMaxMs,
  })
  keys.set(issuer, fresh)
  return fresh
}

/** Whether it was the token that failed. What is left is the way to the keys. */
const isRefusal = (cause: unknown) =>
  cause instanceof errors.JOSEError &&
  /^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT|JWKS_NO_MATCHING|JWKS_MULTIPLE)/.test(cause.code)
