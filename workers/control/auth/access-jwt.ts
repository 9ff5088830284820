// Cloudflare Access adds a JWT to every request that it lets through. It is checked here against the team's
// keys. https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { logError } from '../../http/log.ts'

export interface AccessSettings {
  /** `https://<team>.cloudflareaccess.com`: the issuer, and the host of its keys. */
  readonly issuer: string
  /** The tag of the Access application. */
  readonly audience: string
}

/** Undefined if the deployment does not use Access. */
export function accessSettings(env: {
  readonly ACCESS_TEAM_DOMAIN?: string
  readonly ACCESS_AUDIENCE?: string
}): AccessSettings | undefined {
  const { ACCESS_TEAM_DOMAIN: team = '', ACCESS_AUDIENCE: audience = '' } = env
  return team === '' || audience === '' ? undefined : { issuer: `https://${team}`, audience }
}

/** The JWT from the header that Cloudflare sets, or from the cookie that browsers send. */
export function accessTokenOf({ headers }: Request): string | undefined {
  const cookie = /(?:^|;\s*)CF_Authorization=([^;\s]+)/.exec(headers.get('cookie') ?? '')?.[1]
  return headers.get('cf-access-jwt-assertion') ?? cookie
}

/** By issuer, for the lifetime of the isolate. An unknown key id causes a refetch, at most twice a minute. */
const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>()
const keySetMaxAgeMs = 10 * 60 * 1000
const keySetCooldownMs = 30 * 1000
const keySetTimeoutMs = 5_000

/**
 * Only ASCII is folded: full case mapping turns other letters into ASCII ones (U+212A becomes k), and so one
 * person's address into another's.
 */
const foldAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** The person's email address, with ASCII letters in lower case. */
export async function verifyAccessToken(settings: AccessSettings, token: string): Promise<Result<string>> {
  const { issuer, audience } = settings
  try {
    const { payload } = await jwtVerify(token, keySetOf(issuer), {
      issuer,
      audience,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iat'],
    })
    const { email } = payload
    return typeof email === 'string' && email !== ''
      ? ok(foldAscii(email))
      : refuse('UNAUTHENTICATED', 'this Access token names no person: services use API tokens')
  } catch (cause) {
    if (isInvalidToken(cause)) return refuse('UNAUTHENTICATED', 'this Access token is not valid')
    logError('access', cause)
    return refuse('UNAVAILABLE', 'the keys of Cloudflare Access cannot be read at the moment, try again')
  }
}

function keySetOf(issuer: string) {
  const existing = keySets.get(issuer)
  if (existing) return existing
  const keySet = createRemoteJWKSet(new URL('/cdn-cgi/access/certs', issuer), {
    cacheMaxAge: keySetMaxAgeMs,
    cooldownDuration: keySetCooldownMs,
    timeoutDuration: keySetTimeoutMs,
  })
  keySets.set(issuer, keySet)
  return keySet
}

/** True if the token is at fault. Any other error comes from fetching the keys. */
const isInvalidToken = (cause: unknown) =>
  cause instanceof errors.JOSEError &&
  /^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT|JWKS_NO_MATCHING|JWKS_MULTIPLE)/.test(cause.code)
