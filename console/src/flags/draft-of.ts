// A new flag as it is typed in. Pure.
import type { FlagType, Variation } from '../../../core/model/flag.ts'
import { listOf } from '../ui/list-text.ts'

export interface NewFlag {
  readonly name: string
  readonly key: string
  readonly description: string
  readonly type: FlagType
  readonly variations: readonly Pick<Variation, 'id' | 'name' | 'value'>[]
  readonly servedId: string
  readonly offId: string
  /** In one line. */
  readonly tags: string
  readonly enabled: boolean
}

/** What a flag of the type starts with. */
export function startOf(type: FlagType): Pick<NewFlag, 'type' | 'variations' | 'servedId' | 'offId'> {
  const values: Record<FlagType, readonly [name: string, value: string][]> = {
    boolean: [
      ['on', 'true'],
      ['off', 'false'],
    ],
    string: [
      ['control', 'control'],
      ['treatment', 'treatment'],
    ],
    number: [
      ['control', '0'],
      ['treatment', '1'],
    ],
    json: [
      ['control', '{}'],
      ['treatment', '{}'],
    ],
    yaml: [
      ['control', '{}\n'],
      ['treatment', '{}\n'],
    ],
  }
  const variations = values[type].map(([name, value]) => ({ id: name, name, value }))
  const off = type === 'boolean' ? 'off' : 'control'
  const served = type === 'boolean' ? 'on' : 'control'
  return { type, variations, servedId: served, offId: off }
}

/** An id that no other variation has. */
export function newVariationId(taken: readonly string[]): string {
  let number = taken.length + 1
  while (taken.includes(`variation-${number}`)) number++
  return `variation-${number}`
}

/** The body of the request. */
export const bodyOf = ({
  name,
  key,
  description,
  type,
  variations,
  servedId,
  offId,
  tags,
  enabled,
}: NewFlag) => ({
  key,
  name,
  description,
  type,
  variations,
  offVariationId: offId,
  defaultStrategy: { strategy: { kind: 'fixed', variationId: servedId } },
  tags: listOf(tags),
  enabled,
})
