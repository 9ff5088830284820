// Responses with `format_response`: the campaign's value itself instead of JSON, as text, HTML, an image or a
// redirect.
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'

/** The vendor's content types. `image` is not a valid media type, but clients compare with it. */
const contentTypes = { text: 'text/plain; charset=utf-8', html: 'text/html; charset=utf-8', image: 'image' }

/**
 * Undefined if the response is JSON. `defaultUrl` is the redirect for visitors who get none by the campaign.
 */
export function formattedResponse(
  { flag, variation, cause }: Evaluation,
  defaultUrl: string | undefined,
): Response | undefined {
  if (!flag?.content || flag.content === 'json') return undefined
  const { typed } = variation ?? {}
  const values = flag.bundle ? Object.values(typed ?? {}).filter((each) => each !== null) : [typed]
  const value = values.length === 1 && typeof values[0] === 'string' ? values[0] : undefined
  if (flag.content !== 'redirect')
    return value === undefined
      ? undefined
      : new Response(value, { headers: { 'content-type': contentTypes[flag.content] } })
  const isPaused = !variation && (cause.kind === 'off' || cause.kind === 'error')
  const location = isPaused ? undefined : (httpUrl(value) ?? httpUrl(defaultUrl))
  return location === undefined ? undefined : new Response(null, { status: 302, headers: { location } })
}

const httpUrl = (text = ''): string | undefined =>
  /^https?:/i.test(text) && URL.canParse(text) ? new URL(text).href : undefined
