// Brings dead letters into the lake: messages that ingest could not store for days and wrote to
// `dead-letters/`. Records become objects as ingest would have written them, so replaying twice, or beside a
// second runner, changes nothing. A dead letter is removed once all of it is in the lake.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { deadLetterPrefix, lakeKey, portions, textOf } from '../../analytics/lake.ts'
import { readMessage } from '../../analytics/messages.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import { toContent } from '../lake/content.ts'
import type { ObjectStore } from '../lake/s3.ts'
import type { RunEvent } from '../run-event.ts'

/** Fails only if the dead letters cannot be listed; one that cannot be replayed is an event. */
export async function replayDeadLetters(
  store: ObjectStore,
  onEvent: (event: RunEvent) => void,
): Promise<Result<void, Failure>> {
  const keys = await store.list(deadLetterPrefix)
  if (!keys.ok) return keys
  for (const { key } of keys.value) {
    const replayed = await replay(store, key)
    if (replayed.ok) onEvent({ kind: 'replayed', key, records: replayed.value })
    else onEvent({ kind: 'failed', subject: key, failure: replayed.problem })
  }
  if (keys.value.length === 0) onEvent({ kind: 'nothing-to-replay' })
  return ok(undefined)
}

/** The number of records. What is no record stays in the dead letter. */
async function replay(store: ObjectStore, key: string): Promise<Result<number, Failure>> {
  const read = await store.read(key)
  if (!read.ok) return read
  if (read.value.kind === 'gone') return ok(0) // replayed by another runner
  if (read.value.kind === 'unreadable') return fail('job', `It cannot be read: ${read.value.reason}.`)
  const contents = await readLetters(read.value.bytes)
  if (!contents.ok) return contents
  const lines = contents.value.flatMap((content) => content.lines)
  const bad = contents.value.flatMap((content) => content.bad)
  for (const portion of portions(lines)) {
    const { environmentId, hour } = portion
    const text = textOf(portion)
    const name = lakeKey(environmentId, hour, createHash('sha256').update(text).digest('hex'))
    const written = await store.write(name, gzipSync(text), {
      'content-type': 'application/gzip',
      'x-amz-meta-records': String(portion.lines.length),
    })
    if (!written.ok) return written
  }
  const [first] = bad
  if (first)
    return fail(
      'job',
      `${lines.length} records are in the lake now, ${bad.length} cannot be read; the first: ${first.reason}.`,
    )
  const removed = await store.remove(key)
  return removed.ok ? ok(lines.length) : removed
}

async function readLetters(bytes: Uint8Array) {
  try {
    const lines = new TextDecoder()
      .decode((await toContent(bytes)).text)
      .split('\n')
      .filter(Boolean)
    return ok(lines.map((line) => readMessage((JSON.parse(line) as { body?: unknown }).body)))
  } catch (error) {
    return fail('job', `It is damaged: ${reasonOf(error)}.`)
  }
}
