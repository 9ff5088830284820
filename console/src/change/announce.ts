// Says what came of a change, and when it has really become live.
import { waitForPublished } from '../api/live.ts'
import { queries } from '../api/queries.ts'
import { common } from '../messages/common.ts'
import { type Toast, toast } from '../ui/toasts.tsx'

interface Changed {
  readonly revision: number
  readonly changed: boolean
}

interface Announcement {
  readonly environment: string
  readonly text: string
  readonly answer: Changed
  /** `performance.now()` when the change was sent. */
  readonly sentAt: number
  readonly undo?: () => void
}

/** Shows the notice at once, completes it when edge has the revision, and refreshes what is shown. */
export async function announce({ environment, text, answer, sentAt, undo }: Announcement): Promise<void> {
  const action: Pick<Toast, 'action'> = undo ? { action: { text: common.undo, run: undo } } : {}
  const { revision, changed } = answer
  const update = toast({ text, detail: changed ? common.stored(revision) : common.unchanged, ...action })
  const refreshed = queries.invalidateQueries({ queryKey: [environment] })
  if (changed) {
    const published = await waitForPublished(environment, revision).catch(() => undefined)
    const ms = Math.round(performance.now() - sentAt)
    if (published && published.revision >= revision) update({ detail: common.liveIn(revision, ms) })
  }
  await refreshed
}
