// Whether a host is on the public internet, by what its name resolves to when it is about to be called. fetch
// resolves the name again for itself, so a name that changes in between is not caught here; Cloudflare's
// network refuses private addresses as well (docs/security.md).
import * as z from 'zod'
import { isPublicIp } from '../../../core/text/public-address.ts'

/** The JSON form of DNS over HTTPS, as Cloudflare and Google answer it. */
const Answer = z.object({
  Answer: z.array(z.object({ type: z.int(), data: z.string() })).default([]),
})

/** IANA: numbers of record types. */
const recordTypes = { A: 1, AAAA: 28 } as const

/**
 * Undefined if every address is public; else what is wrong, without the addresses. Throws if nobody answers.
 */
export async function resolutionProblem(
  host: string,
  resolver: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (/^[\d.]+$/.test(host)) return isPublicIp(host) ? undefined : notPublic
  const found = await Promise.all(
    (['A', 'AAAA'] as const).map((type) => addressesOf(host, type, resolver, signal)),
  )
  const addresses = found.flat()
  if (addresses.length === 0) return 'the host of the address does not resolve'
  return addresses.every(isPublicIp) ? undefined : notPublic
}

const notPublic = 'the host of the address resolves to an address that is not on the public internet'

async function addressesOf(
  host: string,
  type: keyof typeof recordTypes,
  resolver: string,
  signal: AbortSignal,
): Promise<string[]> {
  const url = new URL(resolver)
  url.searchParams.set('name', host)
  url.searchParams.set('type', type)
  const init = { headers: { accept: 'application/dns-json' }, redirect: 'manual', signal } as const
  const response = await fetch(url, init).catch((cause: unknown) => {
    throw new Error('the resolver did not answer', { cause })
  })
  if (!response.ok) throw new Error(`the resolver answered ${response.status}`)
  const { Answer: records } = Answer.parse(await response.json())
  return records.flatMap((record) => (record.type === recordTypes[type] ? [record.data] : []))
}
