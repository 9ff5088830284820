// Records when a flag begins to use a segment. An SDK that keeps segments by itself, and asks only for what
// changed, learns by it that it now needs one that has long been there.
import type { EnvironmentState, Write } from '../model/environment-state.ts'
import type { Flag } from '../model/flag.ts'
import { segmentsUsedBy } from '../model/segment-keys.ts'
import type { Change, ChangeContext } from './entity.ts'

/** The change, each of its flags with the time at which it last began to use another segment. */
export function withSegmentUse(
  state: EnvironmentState,
  change: Change,
  { now }: Pick<ChangeContext, 'now'>,
): Change {
  let { entity } = change
  const writes = change.writes.map((write): Write => {
    if (write.kind !== 'flag' || !write.value) return write
    const value = marked(write.value, state.flag.get(write.id), now)
    if (entity === write.value) entity = value
    return { ...write, value }
  })
  return { ...change, writes, entity }
}

function marked(flag: Flag, before: Flag | undefined, now: number): Flag {
  const usedBefore = new Set(before && segmentsUsedBy(before))
  const isNew = segmentsUsedBy(flag).some((key) => !usedBefore.has(key))
  const at = isNew ? now : before?.segmentsUpdatedAt
  const { segmentsUpdatedAt: _, version, createdAt, updatedAt, ...rest } = flag
  // in the schema's order, since equality is that of the JSON
  return { ...rest, ...(at !== undefined && { segmentsUpdatedAt: at }), version, createdAt, updatedAt }
}
