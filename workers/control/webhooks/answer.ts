// What a receiver's answer comes to. Nothing of it is trusted: it is waited for and read up to a limit, and
// never followed.
import type { Attempt } from '../../../core/model/delivery.ts'
import type { Webhook } from '../../../core/model/webhook.ts'
import type { WebhookSettings } from './settings.ts'

/** For name, connection, request and answer together. */
export const attemptMsMax = 10_000
/** Of an answer that is no success. Nothing is read of others. */
export const answerBytesMax = 1_024
const excerptLengthMax = 200

export interface Outgoing {
  readonly webhook: Webhook
  readonly delivery: { readonly id: string; readonly body: string }
  readonly settings: WebhookSettings
  /** Epoch milliseconds. */
  readonly now: number
}

/** Reads no more of an answer than it must. */
export async function judge(response: Response, isSlackAnswer: boolean): Promise<Attempt> {
  const { status, headers } = response
  if (response.ok) {
    await response.body?.cancel()
    return { outcome: 'delivered', status }
  }
  const text = await beginningOf(response)
  if (status >= 300 && status < 400)
    return { outcome: 'failed', status, error: 'answered with a redirect, which is not followed' }
  // Slack's reasons are words such as channel_is_archived. Anything else might repeat the address.
  const said = isSlackAnswer ? (/^[a-z_]{1,60}$/.exec(text)?.[0] ?? '') : excerptOf(text)
  return {
    outcome: 'failed',
    status,
    error: `answered ${status}${said && `: ${said}`}`,
    ...(status === 410 && { final: true }), // Standard Webhooks: the receiver wants no more
    ...((status === 429 || status === 503) && { retryAfterMs: retryAfterOf(headers, Date.now()) }),
  }
}

const excerptOf = (text: string) =>
  text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, excerptLengthMax)

/** Stops at the limit: what the receiver would send after it is not received. */
async function beginningOf({ body }: Response): Promise<string> {
  if (!body) return ''
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let text = ''
  for (let left = answerBytesMax; left > 0;) {
    const { done, value } = await reader.read()
    if (done) return text
    const bytes = (value as Uint8Array).subarray(0, left)
    left -= bytes.byteLength
    text += decoder.decode(bytes, { stream: true })
  }
  await reader.cancel()
  return text
}

/** RFC 9110, 10.2.3: seconds or a date. */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? ''
  const isDate = value.endsWith('GMT') // Date.parse makes a date of nearly anything
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : isDate ? Date.parse(value) - now : 0
  return ms > 0 ? ms : undefined
}

/** Messages of the platform may hold the address, so none is passed on. */
export function reasonOf(cause: unknown): string {
  const { name = '', message = '' } = cause instanceof Error ? cause : {}
  if (name === 'TimeoutError' || name === 'AbortError') return `no answer within ${attemptMsMax / 1_000} s`
  if (/resolver/.test(message) || name === 'ZodError') return 'the resolver did not answer'
  return 'the connection failed' // also if the certificate is not valid
}
