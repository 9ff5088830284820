// Brings dead letters into the lake: messages that ingest could not store for days and wrote to
// `dead-letters/`. Records become objects as ingest would have written them, so replaying twice, or beside a
// second runner, changes nothing. A dead letter is removed once all of it is in the lake, or in `bad/`.
import { createHash } from 'node:crypto'
import { constants, createGunzip, gzipSync } from 'node:zlib'
import { badKey, dayOfKey, deadLetterPrefix, lakeKey, portions, textOf } from '../../analytics/lake.ts'
import { type BadContent, type MessageContent, readMessage } from '../../analytics/messages.ts'
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
    if (!replayed.ok) {
      onEvent({ kind: 'failed', subject: key, failure: replayed.problem })
      continue
    }
    const { records, bad, badKeys } = replayed.value
    onEvent({ kind: 'replayed', key, records })
    const [first] = bad
    if (!first) continue
    const message = `${bad.length} of its records cannot be read and are in ${badKeys.join(', ')}; the first: ${first.reason}.`
    onEvent({ kind: 'failed', subject: key, failure: { kind: 'job', message } })
  }
  if (keys.value.length === 0) onEvent({ kind: 'nothing-to-replay' })
  return ok(undefined)
}

/** What is no record moves to `bad/`, as ingest would have written it, and is named. */
async function replay(store: ObjectStore, key: string): Promise<Result<Replayed, Failure>> {
  const read = await readLetter(store, key)
  if (!read.ok) return read
  const contents = read.value
  const lines = contents.flatMap((content) => content.lines)
  for (const portion of portions(lines)) {
    const { environmentId, hour } = portion
    const text = textOf(portion)
    const name = lakeKey(environmentId, hour, digestOf(text))
    const written = await store.write(name, gzipSync(text), {
      'content-type': 'application/gzip',
      'x-amz-meta-records': String(portion.lines.length),
    })
    if (!written.ok) return written
  }
  const bad = contents.filter((content) => content.bad.length > 0)
  const badKeys: string[] = []
  for (const { messageId, bad: items } of bad) {
    const text = JSON.stringify({ messageId, bad: items })
    const name = badKey(dayOfKey(key)!, digestOf(text))
    const written = await store.write(name, new TextEncoder().encode(text), {
      'content-type': 'application/json',
    })
    if (!written.ok) return written
    badKeys.push(name)
  }
  const removed = await store.remove(key)
  return removed.ok ? ok({ records: lines.length, bad: bad.flatMap((each) => each.bad), badKeys }) : removed
}

interface Replayed {
  readonly records: number
  readonly bad: readonly BadContent[]
  /** The objects that hold it. */
  readonly badKeys: readonly string[]
}

type Letter = MessageContent & { readonly messageId: string }

/**
 * Read again if it is damaged, because the damage may have happened on the way. Of one that is cut off, all
 * whole lines are read.
 */
async function readLetter(store: ObjectStore, key: string): Promise<Result<readonly Letter[], Failure>> {
  for (let isSecond = false; ; isSecond = true) {
    const read = await store.read(key)
    if (!read.ok) return read
    if (read.value.kind === 'gone') return ok([]) // replayed by another runner
    if (read.value.kind === 'unreadable')
      return fail('job', `The store does not hand it out (${read.value.reason}): delete it by hand.`)
    const { bytes } = read.value
    try {
      return ok(lettersOf((await toContent(bytes)).text))
    } catch (error) {
      if (!isSecond) continue
      const kept = await keepDamaged(store, key, bytes)
      if (!kept.ok) return kept
      const reason = `it is damaged (${reasonOf(error)}), and is as it was in ${kept.value}`
      const letters = lettersOf(await beginningOf(bytes))
      return ok([...letters, { messageId: '', lines: [], bad: [{ reason, content: '' }] }])
    }
  }
}

/** Resolves to its new key. */
async function keepDamaged(
  store: ObjectStore,
  key: string,
  bytes: Uint8Array,
): Promise<Result<string, Failure>> {
  const copy = badKey(dayOfKey(key)!, digestOf(bytes)).replace(/json$/, 'ndjson.gz')
  const written = await store.write(copy, new Uint8Array(bytes), { 'content-type': 'application/gzip' })
  return written.ok ? ok(copy) : written
}

/** What can be unpacked of damaged bytes. */
function beginningOf(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    const done = () => resolve(Buffer.concat(parts))
    const unpacking = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
    unpacking
      .on('data', (part: Buffer) => parts.push(part))
      .on('error', done)
      .on('end', done)
    unpacking.end(bytes)
  })
}

const lettersOf = (text: Uint8Array): Letter[] =>
  new TextDecoder().decode(text).split('\n').filter(Boolean).map(letterOf)

function letterOf(line: string): Letter {
  try {
    const { id, body } = JSON.parse(line) as { id?: unknown; body?: unknown }
    return { messageId: typeof id === 'string' ? id : '', ...readMessage(body) }
  } catch {
    return { messageId: '', lines: [], bad: [{ reason: 'a line is not JSON', content: line }] }
  }
}

const digestOf = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex')
