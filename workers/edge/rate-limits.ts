// Rate limits per SDK key and per address, by Cloudflare's rate-limiting bindings: per data centre, and
// permissive. Requests are counted after they are answered; whoever is over the limit is refused for a second
// without being counted. Without a binding, nothing is limited.
import { addressGroup } from '../http/address-group.ts'
import { logError } from '../http/log.ts'
import type { RateLimiter, RateLimits } from '../contracts/ports.ts'

/** The same time as the Retry-After header. */
const refusedForMs = 1_000
/** So many records of one request count as one request more. */
const recordsPerCount = 10
/** Refusals remembered per isolate; beyond that, the oldest is forgotten. */
const refusedMax = 10_000

export interface RateLimitPorts {
  readonly limiters: Readonly<Record<'key' | 'address', RateLimiter | undefined>>
  readonly now: () => number
  /** Lets work continue after the response. */
  readonly defer: (work: Promise<unknown>) => void
}

export function rateLimits({ limiters, now, defer }: RateLimitPorts): RateLimits {
  const refusedUntil = new Map<string, number>()
  return {
    allows(kind, id) {
      const limiter = limiters[kind]
      if (!limiter) return true
      const name = `${kind}:${kind === 'address' ? addressGroup(id) : id}`
      const until = refusedUntil.get(name)
      if (until !== undefined && until > now()) return false
      defer(count(limiter, name))
      return true
    },
    countRecords(address, records) {
      const limiter = limiters.address
      if (!limiter || address === undefined) return
      for (let left = records - recordsPerCount; left > 0; left -= recordsPerCount)
        defer(count(limiter, `address:${addressGroup(address)}`))
    },
  }

  async function count(limiter: RateLimiter, name: string): Promise<void> {
    try {
      const { success } = await limiter.limit({ key: name })
      refusedUntil.delete(name)
      if (success) return
      refusedUntil.set(name, now() + refusedForMs)
      if (refusedUntil.size > refusedMax) refusedUntil.delete(refusedUntil.keys().next().value!)
    } catch (cause) {
      logError('rate limit', cause)
    }
  }
}
