// An archived environment takes no changes, and its records stay: what looks after them goes on, and nothing
// that is said of it fails a run for ever.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { hasChdb } from '../test/support/chdb.ts'
import { batchRun } from '../test/support/batch-run.ts'
import { hourMs, startAt, visitRecords } from '../test/support/simulated-shop.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-archived-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it.skipIf(!hasChdb).each([
  ['compact', {}, ['compacted']],
  ['retain', {}, ['no-retention']],
  ['retain', { keepEventsDays: 2 }, ['retained']],
  ['status', {}, ['archived']],
])('%s, with settings %j', async (work, settings, kinds) => {
  const state = { archived: true, settings, records: visitRecords('green', 5, 2) }
  const { code, events } = await batchRun(work, state, { cache: folder, now: startAt + 96 * hourMs })
  expect({ code, kinds: events.map(({ kind }) => kind) }).toEqual({ code: 0, kinds })
})
