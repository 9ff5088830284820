// Exposure tokens: signed decisions. A client sends the token back when it shows the variation, so it cannot
// claim anything that was not decided, and nothing has to be stored here. The signature covers the targeting
// key but the token does not contain it, so a token reveals no user and is valid for no other.
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import type { ExposedUnit } from '../../../core/evaluation/exposed-unit.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { fromBase64url, isSignature, sign, toBase64url } from '../../http/signature.ts'

/**
 * All tokens of one week expire together, at the end of the next week. So a token is valid for one to two
 * weeks, and equal decisions have equal tokens within a week. The ETag of a response names the week, so that
 * no client keeps expired tokens.
 */
const weekMs = 7 * 24 * 60 * 60 * 1000
export const tokenWeekOf = (now: number): number => Math.floor(now / weekMs)
const expiryOf = (now: number): number => (tokenWeekOf(now) + 2) * weekMs

/**
 * The content of a token: with the unit of a split by attribute, but never the user. It has the flag's
 * version rather than the revision, because the revision changes with every other flag.
 */
export interface TokenClaims extends ExposedUnit {
  readonly flagKey: string
  readonly flagVersion: number
  readonly variationId: string
  readonly ruleId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** The user that a token is valid for. */
interface TokenHolder {
  readonly environmentId: string
  readonly targetingKey: string
}

/** Undefined if the evaluation has no variation. */
export async function signToken(
  secret: string,
  { flag, variation, cause }: Evaluation,
  { unitAttribute, unit }: ExposedUnit,
  holder: TokenHolder,
  now: number,
): Promise<string | undefined> {
  if (!flag || !variation) return undefined
  const ruleId = 'ruleId' in cause ? cause.ruleId : ''
  const decided = [flag.key, flag.version, variation.id, ruleId, expiryOf(now)]
  const claims = unitAttribute === '' ? decided : [...decided, unitAttribute, unit]
  const content = toBase64url(encoder.encode(JSON.stringify(claims)))
  return `${content}.${await sign(secret, signedText(content, holder))}`
}

export async function verifyToken(
  secret: string,
  token: string,
  holder: TokenHolder,
  now: number,
): Promise<Result<TokenClaims>> {
  const [content = '', mac = '', ...more] = token.split('.')
  if (more.length > 0 || !(await isSignature(secret, mac, signedText(content, holder)))) return forged
  const [flagKey, flagVersion, variationId, ruleId, expiresAt, unitAttribute = '', unit = ''] = JSON.parse(
    new TextDecoder().decode(fromBase64url(content)),
  ) as [string, number, string, string, number, string?, string?]
  if (expiresAt <= now) return invalidToken('has expired')
  return ok({ flagKey, flagVersion, variationId, ruleId, expiresAt, unitAttribute, unit })
}

const invalidToken = (message: string) =>
  refuse('INVALID', `exposureToken: ${message}`, { fields: [{ path: 'exposureToken', message }] })
const forged = invalidToken('was not given out here, or not for this targeting key in this environment')

const encoder = new TextEncoder()

const signedText = (content: string, { environmentId, targetingKey }: TokenHolder) =>
  JSON.stringify(['exposure', environmentId, targetingKey, content])
