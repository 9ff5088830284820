// One campaign as what it holds rather than as JSON: a text, a page, an image, or the way to another page.
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'

/**
 * As the vendor's server writes them; that of an image is no media type, and is compared with by who reads
 * it.
 */
const contentTypes = { text: 'text/plain; charset=utf-8', html: 'text/html; charset=utf-8', image: 'image' }

/**
 * Undefined where the answer is JSON like any other. `defaultUrl`: where those go whom the campaign sends
 * nowhere.
 */
export function formattedOf(
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
  const location = isPaused ? undefined : (addressOf(value) ?? addressOf(defaultUrl))
  return location === undefined ? undefined : new Response(null, { status: 302, headers: { location } })
}

const addressOf = (text = ''): string | undefined =>
  /^https?:/i.test(text) && URL.canParse(text) ? new URL(text).href : undefined
