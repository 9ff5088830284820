// Deletes what is older than it may be: whole days of receipt, or the records of one kind in them. A day
// without records keeps its manifest, so that a late copy of a deleted object is not counted.
import type { LakeContext } from './lake-context.ts'
import { removeDay, removeFromDay } from '../lake/rewrite-day.ts'

const dayMs = 86_400_000

export interface Retention {
  /** Days of receipt that ended longer ago than this go. */
  readonly olderThanDays: number
  /** All kinds if undefined. */
  readonly kind: string | undefined
}

export async function retain(
  environmentId: string,
  { olderThanDays, kind }: Retention,
  context: LakeContext,
): Promise<void> {
  const { listing, now, isDryRun, onEvent } = context
  const days = await listing.days(environmentId, '')
  if (!days.ok) return onEvent({ kind: 'failed', subject: environmentId, failure: days.problem })
  const old = [...days.value.values()]
    .filter(({ day }) => Date.parse(day) + dayMs <= now - olderThanDays * dayMs)
    .toSorted((a, b) => (a.day < b.day ? -1 : 1))
  for (const [i, listed] of old.entries()) {
    const subject = `${environmentId}/${listed.day}`
    const common = {
      kind: 'retained',
      environmentId,
      day: listed.day,
      isDryRun,
      done: i + 1,
      of: old.length,
    } as const
    if (kind === undefined) {
      const removed = await removeDay(environmentId, listed, context)
      if (!removed.ok) onEvent({ kind: 'failed', subject, failure: removed.problem })
      else if (removed.value > 0) onEvent({ ...common, objects: removed.value })
      continue
    }
    const removal = { kinds: [kind], targetingKeys: [] }
    const removed = await removeFromDay(environmentId, listed, removal, context)
    if (!removed.ok) {
      onEvent({ kind: 'failed', subject, failure: removed.problem })
      continue
    }
    const { records, objects, unreadable } = removed.value
    if (records > 0) onEvent({ ...common, objects, records })
    if (unreadable.length > 0)
      onEvent({
        kind: 'failed',
        subject,
        failure: {
          kind: 'job',
          message: `${unreadable.length} objects cannot be read and stay; the first: ${unreadable[0]}.`,
        },
      })
  }
  if (old.length === 0) onEvent({ kind: 'nothing-to-retain', environmentId })
}
