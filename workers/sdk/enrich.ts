// What Cloudflare knows of a request, as attributes in a namespace of their own. No client can write it: what
// it sends under that name is dropped, whether the environment has switched the namespace on or not.
import type { CompiledSnapshot } from '../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../core/evaluation/context.ts'
import { settingsOf } from '../../core/model/snapshot.ts'

export const trustedNamespace = 'cf.'

export function enriched(
  context: EvaluationContext,
  { snapshot }: CompiledSnapshot,
  request: Request,
): EvaluationContext {
  const isOn = settingsOf(snapshot).enrichContext
  if (!isOn && !hasTrusted(context.attributes)) return context
  const own = Object.entries(context.attributes).filter(([name]) => !name.startsWith(trustedNamespace))
  return { ...context, attributes: Object.fromEntries(isOn ? [...own, ...known(request)] : own) }
}

function hasTrusted(attributes: EvaluationContext['attributes']): boolean {
  for (const name in attributes) if (name.startsWith(trustedNamespace)) return true
  return false
}

/** `cf` is there on Cloudflare; what it does not know of a request is missing, not empty. */
function known(request: Request): (readonly [string, string])[] {
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

/**
 * Client hints (W3C User-Agent Client Hints): the form factor where it is told, else whether it is mobile.
 */
function deviceOf(headers: Headers): string | undefined {
  const factor = /"([A-Za-z ]+)"/.exec(headers.get('sec-ch-ua-form-factors') ?? '')?.[1]
  if (factor !== undefined) return factor.toLowerCase()
  const mobile = headers.get('sec-ch-ua-mobile')
  return mobile === '?1' ? 'mobile' : mobile === '?0' ? 'desktop' : undefined
}
