// Members of a segment by upload, up to a million: put in the place of what is there, added, or taken away.
// The upload is read once, as it comes; what is held meanwhile are hashes.
import * as z from 'zod'
import type { Entities } from '../../../core/model/environment-state.ts'
import { memberSet } from '../../../core/model/member-set.ts'
import { membersMax } from '../../../core/model/members.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { Segment } from '../../../core/model/segment.ts'
import { sha256Hex } from '../../http/digest.ts'
import { readEntity } from '../../storage/entities.ts'
import { type IdWriter, deleteIds, publishMembers, readIds, writeIds } from '../../storage/members.ts'
import { changedOf } from '../api/shapes.ts'
import { executeCommand, isTry } from '../api/execute.ts'
import { BadUpload, linesOf } from '../api/member-lines.ts'
import type { Call } from '../api/call.ts'
import { route } from '../api/route.ts'

/** Cloudflare takes no more in one request on most plans. */
const uploadBytesMax = 100_000_000

const path = '/environments/{environment}/segments/{key}/members'
type Manner = 'replace' | 'add' | 'remove'

const write = (method: 'PUT' | 'POST' | 'DELETE', manner: Manner, summary: string) =>
  route({
    id: `${manner}-segment-members`,
    method,
    path,
    needs: 'editor',
    summary,
    description: `One id a line; of CSV, the first column. At most ${membersMax} members and ${uploadBytesMax} bytes. Empty lines are skipped, and what is there twice counts once.`,
    uploads: ['text/plain', 'text/csv'],
    answer: changedOf(Segment),
    handle: (call) => changeMembers(call, manner),
  })

export const segmentMembers = [
  write('PUT', 'replace', 'Puts members in the place of those that were uploaded before'),
  write('POST', 'add', 'Adds members'),
  write('DELETE', 'remove', 'Takes members away'),
  route({
    id: 'download-segment-members',
    method: 'GET',
    path,
    needs: 'viewer',
    summary: 'The uploaded members of a segment, one id a line',
    answer: z.string(),
    downloads: ['text/plain'],
    handle: async ({ database, env, params: { environment, key } }) => {
      const segment = await readEntity(database, environment, 'segment', key)
      if (!segment) return refuse('NOT_FOUND', `there is no segment ${key}`)
      const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
      if (!segment.members) return new Response('', { headers })
      const list = await readIds(env.LAKE, environment, segment.members.list)
      return list
        ? new Response(list.body, { headers })
        : refuse('UNAVAILABLE', 'the list cannot be read now')
    },
  }),
]

type MembersCall = Call<typeof path, undefined, undefined>

async function changeMembers(call: MembersCall, manner: Manner) {
  const { environment, key } = call.params
  const segment = await readEntity(call.database, environment, 'segment', key)
  if (!segment) return refuse('NOT_FOUND', `there is no segment ${key}`)
  const list = crypto.randomUUID()
  const writer = isTry(call.request) ? undefined : writeIds(call.env.LAKE, environment, list)
  const read = await collect(call, segment, manner, writer)
  if (!read.ok) return read
  const stores = { kv: call.env.SNAPSHOTS, archive: call.env.LAKE }
  const named = await nameOf(stores, environment, segment, list, read.value, writer)
  // On the version that was read here, unless the caller names one: the members of a segment that has changed
  // meanwhile would be lost.
  const executed = await executeCommand(call, {
    kind: 'set-members',
    id: key,
    version: segment.version,
    members: named,
  })
  if (writer && (!executed.ok || named?.list !== list)) await deleteIds(call.env.LAKE, environment, list)
  return executed
}

/** The set as it shall be, whose ids are written down on the way. */
async function collect(
  call: MembersCall,
  segment: Entities['segment'],
  manner: Manner,
  writer: IdWriter | undefined,
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const format = call.request.headers.get('content-type')?.includes('csv') ? 'csv' : 'text'
  const sent = () => linesOf(call.request.body ?? new Blob([]).stream(), format, uploadBytesMax)
  const before =
    segment.members && (await readIds(call.env.LAKE, call.params.environment, segment.members.list))
  const stored = () => (before ? linesOf(before.body, 'text', Infinity) : [])
  const [kept, gone] = [memberSet(), memberSet()]
  const keep = async (lines: AsyncIterable<string[]> | Iterable<string[]>) => {
    for await (const some of lines) {
      const fresh = some.filter((id) => !gone.has(id) && kept.add(id))
      if (kept.size() > membersMax)
        throw new BadUpload('TOO_LARGE', `a segment has at most ${membersMax} members`)
      await writer?.write(fresh)
    }
  }
  try {
    if (manner === 'remove') for await (const some of sent()) for (const id of some) gone.add(id)
    if (manner !== 'replace') await keep(stored())
    if (manner !== 'remove') await keep(sent())
    await writer?.finish()
    return ok(kept.encode())
  } catch (cause) {
    await writer?.abort()
    if (cause instanceof BadUpload) return refuse(cause.code, cause.message)
    throw cause
  }
}

async function nameOf(
  stores: Parameters<typeof publishMembers>[0],
  environment: string,
  segment: Entities['segment'],
  list: string,
  hashes: Uint8Array<ArrayBuffer>,
  writer: IdWriter | undefined,
): Promise<NonNullable<Segment['members']> | null> {
  if (hashes.byteLength === 0) return null
  const sha256 = writer ? await publishMembers(stores, environment, hashes) : await sha256Hex(hashes)
  if (sha256 === segment.members?.sha256) return segment.members // the same set, perhaps in another order
  return { count: hashes.byteLength / 8, sha256, list }
}
