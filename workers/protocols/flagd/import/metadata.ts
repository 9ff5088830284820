// Metadata of a flag. flagd gives each flag the metadata of its set too; the flag's own comes first.
import { metadataMax } from '../../../../core/model/limits.ts'
import { Metadata } from '../../../../core/model/metadata.ts'
import type { Values } from './definitions.ts'

export interface Lost {
  readonly name: string
  readonly reason: string
}

/** What the model takes, and why it does not take the rest. */
export function keptMetadata(values: Values): { kept: Metadata; lost: Lost[] } {
  const kept: [string, Metadata[string]][] = []
  const lost: Lost[] = []
  for (const [name, value] of Object.entries(values)) {
    const { data, error } = Metadata.safeParse({ [name]: value })
    if (data) kept.push([name, data[name]!])
    else lost.push({ name, reason: `it is not kept: ${error.issues[0]!.message}` })
  }
  return { kept: Object.fromEntries(kept), lost }
}

export function flagMetadata(own: Values, ofSet: Metadata): { metadata: Metadata; lost: Lost[] } {
  const { kept, lost } = keptMetadata(own)
  const all = Object.entries({ ...ofSet, ...kept })
  const inOrder = [
    ...all.filter(([name]) => Object.hasOwn(kept, name)),
    ...all.filter(([name]) => !Object.hasOwn(kept, name)),
  ]
  const reason = `it is not kept: a flag has at most ${metadataMax} names`
  return {
    metadata: Object.fromEntries(inOrder.slice(0, metadataMax)),
    lost: [...lost, ...inOrder.slice(metadataMax).map(([name]) => ({ name, reason }))],
  }
}
