// What a record says about where its event came from: the kind of key, and a pseudonym of the address.
import { sha256OfText } from '../../core/hash/sha-256.ts'
import type { SdkKeyRole } from '../../core/model/snapshot.ts'
import type { Ports } from '../contracts/ports.ts'
import type { RequestContext } from './request-context.ts'

export interface EventOrigin {
  readonly keyKind: SdkKeyRole | ''
  /** Empty if the address is not known, or if edge has no secret to hide it with. */
  readonly source: string
}

const sourceWords = 2
const dayMs = 86_400_000

/**
 * The pseudonym holds for one environment and day. Edge's secret is part of it: there are so few IPv4
 * addresses that a table of all their hashes could be made otherwise.
 */
export function originOf(
  { address, keyKind: role }: RequestContext,
  { exposureSecret, now }: Pick<Ports, 'exposureSecret' | 'now'>,
  environmentId: string,
): EventOrigin {
  const keyKind = role ?? ''
  if (address === undefined || exposureSecret === undefined) return { keyKind, source: '' }
  const day = Math.floor(now() / dayMs)
  const named = JSON.stringify(['source', exposureSecret, environmentId, day, networkOf(address)])
  return { keyKind, source: sha256OfText(named, sourceWords) }
}

/** An IPv6 client usually has a network of 64 bits to itself, so the other half tells nothing. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
