// A queue in memory, or one that does not take anything.
import type { EventRecord } from '../../analytics/records.ts'
import type { Problem } from '../../core/model/problem.ts'
import type { EventSink } from '../../workers/contracts/ports.ts'

export const memorySink = (onSend: (records: readonly EventRecord[]) => unknown): EventSink => ({
  send: (records) => {
    onSend(records)
    return Promise.resolve({ ok: true, tooLarge: [] })
  },
  countRefused: () => undefined,
})

export const refusingSink = (problem: Problem): EventSink => ({
  send: () => Promise.resolve({ ok: false, problem }),
  countRefused: () => undefined,
})
