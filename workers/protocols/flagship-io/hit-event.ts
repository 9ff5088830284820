// What AB Tasty's hits mean: the name and value of a tracking event, or a visitor's consent.
import type * as wire from './wire.ts'

export interface NamedValue {
  readonly event: string
  readonly value: number
}

/** Undefined for unknown types and for hits without a valid name. */
export function trackingEventOf(hit: wire.Hit): NamedValue | undefined {
  switch (hit.t) {
    case 'EVENT':
      return namedValue(hit['ea'], hit['ev'])
    case 'TRANSACTION':
      return namedValue(hit['ta'], hit['tr'])
    case 'ITEM':
      return namedValue(hit['ic'], hit['ip'])
    case 'PAGEVIEW':
    case 'SCREENVIEW':
      return namedValue(hit['dl'], 0)
    default:
      return undefined
  }
}

/** Larger amounts are taken for errors: their squares would drown out all others in a sum. */
const amountMax = 1e15
const nameLengthMax = 1_000

function namedValue(event: unknown, value: unknown): NamedValue | undefined {
  if (typeof event !== 'string' || event === '' || event.length > nameLengthMax) return undefined
  if (typeof value !== 'number') return { event, value: 0 }
  return Math.abs(value) <= amountMax ? { event, value } : undefined
}

/** 1 if the visitor agrees to be tracked, 0 if not; undefined if the hit is not about consent. */
export function consentOf({ t, ea, el }: wire.Hit): 0 | 1 | undefined {
  if (t !== 'EVENT' || ea !== 'fs_consent') return undefined
  return typeof el === 'string' && el.endsWith(':true') ? 1 : 0
}
