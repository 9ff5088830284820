// Adds what Cloudflare knows about a request to its context, as attributes with the prefix `cf.`. Clients
// cannot set these: what they send under the prefix, or as a structure `cf`, is dropped, even where the
// environment has enrichment switched off.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../core/evaluation/context.ts'
import { settingsOf } from '../../core/model/snapshot.ts'

export const trustedNamespace = 'cf.'

export function enrichContext(
  context: EvaluationContext,
  { snapshot }: CompiledSnapshot,
  request: Request,
): EvaluationContext {
  const isOn = settingsOf(snapshot).enrichContext
  if (!isOn && !hasTrustedAttribute(context.attributes)) return context
  const own = Object.entries(context.attributes).filter(([name, value]) => !isTrusted(name, value))
  return { ...context, attributes: Object.fromEntries(isOn ? [...own, ...requestAttributes(request)] : own) }
}

function hasTrustedAttribute(attributes: EvaluationContext['attributes']): boolean {
  for (const name in attributes) if (isTrusted(name, attributes[name])) return true
  return false
}

/** A path such as `cf.country` also leads into a structure. */
const isTrusted = (name: string, value: unknown): boolean =>
  name.startsWith(trustedNamespace) || (name === 'cf' && typeof value === 'object')

/** `cf` exists on Cloudflare only. What it does not say about a request becomes no attribute. */
function requestAttributes(request: Request): (readonly [string, string])[] {
  const { cf } = request as { cf?: Readonly<Record<string, unknown>> }
  const facts = {
    country: cf?.['country'],
    region: cf?.['region'],
    city: cf?.['city'],
    continent: cf?.['continent'],
    colo: cf?.['colo'],
    asn: cf?.['asn'],
    timezone: cf?.['timezone'],
    device: deviceOf(request.headers),
  }
  return Object.entries(facts).flatMap(([name, fact]) =>
    typeof fact === 'string' || typeof fact === 'number'
      ? [[trustedNamespace + name, String(fact)] as const]
      : [],
  )
}

/** From client hints (W3C User-Agent Client Hints): the form factor, or else `mobile` or `desktop`. */
function deviceOf(headers: Headers): string | undefined {
  const factor = /"([A-Za-z ]+)"/.exec(headers.get('sec-ch-ua-form-factors') ?? '')?.[1]
  if (factor !== undefined) return factor.toLowerCase()
  const mobile = headers.get('sec-ch-ua-mobile')
  return mobile === '?1' ? 'mobile' : mobile === '?0' ? 'desktop' : undefined
}
