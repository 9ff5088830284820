// Brings dead letters into the lake: messages that ingest could not store for days and wrote to
// `dead-letters/`. Records become objects as ingest would have written them, so replaying twice, or beside a
// second runner, changes nothing. A dead letter is removed once all of it is in the lake, or in `bad/`.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { badKey, dayOfKey, deadLetterPrefix, lakeKey, portions, textOf } from '../../analytics/lake.ts'
import { type BadContent, type MessageContent, readMessage } from '../../analytics/messages.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail } from '../failure.ts'
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

/** Read again if it is damaged, because the damage may have happened on the way. */
async function readLetter(store: ObjectStore, key: string): Promise<Result<readonly Letter[], Failure>> {
  for (let isSecond = false; ; isSecond = true) {
    const read = await store.read(key)
    if (!read.ok) return read
    if (read.value.kind === 'gone') return ok([]) // replayed by another runner
    const bytes = read.value.kind === 'read' ? read.value.bytes : undefined
    const contents = bytes && (await contentsOf(bytes))
    if (contents) return ok(contents)
    if (!isSecond) continue
    const reason = `${key} is damaged`
    if (!bytes) return fail('job', `${reason}, and the store does not hand it out: delete it by hand.`)
    return ok([{ messageId: '', lines: [], bad: [{ reason, content: toBase64(bytes) }] }])
  }
}

/** Undefined if it is damaged. */
async function contentsOf(bytes: Uint8Array): Promise<Letter[] | undefined> {
  try {
    const text = new TextDecoder().decode((await toContent(bytes)).text)
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const { id, body } = JSON.parse(line) as { id?: unknown; body?: unknown }
        return { messageId: typeof id === 'string' ? id : '', ...readMessage(body) }
      })
  } catch {
    return undefined
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')
const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
