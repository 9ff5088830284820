// What AB Tasty's hits mean: the name and value of a tracking event, or a visitor's consent.
import type { Tracking } from '../../../analytics/records.ts'
import type * as wire from './wire.ts'

type TrackingFields = Pick<Tracking, 'type' | 'event' | 'value' | 'page' | 'currency' | 'items'>

/** Undefined for unknown types and for hits without a valid name. */
export function trackingEventOf(hit: wire.Hit): TrackingFields | undefined {
  const named = namedValueOf(hit)
  if (!named) return undefined
  const page = textOf(hit['dl'], nameLengthMax)
  const isTransaction = hit.t === 'TRANSACTION'
  const currency = isTransaction ? textOf(hit['tc'], currencyLengthMax) : undefined
  const items = isTransaction ? hit['icn'] : undefined
  return {
    type: isTransaction ? 'transaction' : 'hit',
    ...named,
    ...(page !== undefined && { page }),
    ...(currency !== undefined && { currency }),
    ...(typeof items === 'number' && Number.isSafeInteger(items) && { items }),
  }
}

const textOf = (value: unknown, lengthMax: number): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= lengthMax ? value.toWellFormed() : undefined
const currencyLengthMax = 10

function namedValueOf(hit: wire.Hit) {
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

function namedValue(event: unknown, value: unknown): Pick<Tracking, 'event' | 'value'> | undefined {
  if (typeof event !== 'string' || event === '' || event.length > nameLengthMax) return undefined
  if (typeof value !== 'number') return { event, value: 0 }
  return Math.abs(value) <= amountMax ? { event, value } : undefined
}

/** 1 if the visitor agrees to be tracked, 0 if not; undefined if the hit is not about consent. */
export function consentOf({ t, ea, el }: wire.Hit): 0 | 1 | undefined {
  if (t !== 'EVENT' || ea !== 'fs_consent') return undefined
  return typeof el === 'string' && el.endsWith(':true') ? 1 : 0
}
