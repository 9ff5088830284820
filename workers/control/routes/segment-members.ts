// Routes to upload and download the members of a segment, up to a million. An upload replaces, adds or
// removes members. It is streamed: only hashes of the ids are in memory.
import * as z from 'zod'
import type { Entities } from '../../../core/model/environment-state.ts'
import { memberSet } from '../../../core/model/member-set.ts'
import { valueLengthMax } from '../../../core/model/limits.ts'
import { decodeMembers, isMember, membersMax } from '../../../core/model/members.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import { Segment } from '../../../core/model/segment.ts'
import { sha256Hex } from '../../http/digest.ts'
import { readEntity } from '../../storage/entities.ts'
import {
  type IdWriter,
  deleteIds,
  publishMembers,
  readArchivedMembers,
  readIds,
  readMembers,
  writeIds,
} from '../../storage/members.ts'
import { SegmentMembership, changeAnswer } from '../api/shapes.ts'
import { executeCommand } from '../api/execute-command.ts'
import { ChangeQuery, isDryRun } from '../api/change-query.ts'
import { type UploadFormat, UploadError, idsIn, uploadOf } from '../api/member-lines.ts'
import type { Call } from '../api/call.ts'
import { route } from '../api/route.ts'

/** Cloudflare's limit for a request body on most plans. */
const uploadBytesMax = 100_000_000

const path = '/environments/{environment}/segments/{key}/members'
type UploadMode = 'replace' | 'add' | 'remove'

const UploadQuery = ChangeQuery.extend({
  column: z
    .string()
    .min(1)
    .max(valueLengthMax)
    .optional()
    .describe('The name of the column of a CSV file; its number, from 1, if the file has no header.'),
})

const uploadRoute = (method: 'PUT' | 'POST' | 'DELETE', mode: UploadMode, summary: string) =>
  route({
    id: `${mode}-segment-members`,
    method,
    path,
    needs: 'editor',
    summary,
    description:
      'Plain text: one id per line; below a header it is read as CSV. CSV, separated by commas, semicolons or tabs: the column that the header ' +
      'names `user_id`, `targeting_key`, `visitor_id`, `id` or `key`, or that `column` names; a file of one ' +
      'column needs no header. What cannot be read with certainty is refused. ' +
      `At most ${membersMax} members and ${uploadBytesMax} bytes, which may be compressed. ` +
      'Empty lines are skipped, and duplicates count once.',
    query: UploadQuery,
    uploads: ['text/plain', 'text/csv', 'text/tab-separated-values'],
    answer: changeAnswer(Segment),
    handle: (call) => changeMembers(call, mode),
  })

export const segmentMembers = [
  uploadRoute('PUT', 'replace', 'Replaces all uploaded members'),
  uploadRoute('POST', 'add', 'Adds members'),
  uploadRoute('DELETE', 'remove', 'Removes members'),
  route({
    id: 'test-segment-member',
    method: 'GET',
    path: '/environments/{environment}/segments/{key}/membership',
    needs: 'viewer',
    summary: 'Says whether a targeting key is listed in a segment',
    description: 'In its list or among its uploaded members. Its rules need a whole context: see `explain`.',
    query: z.strictObject({ id: z.string().min(1).max(valueLengthMax) }),
    answer: SegmentMembership,
    handle: async ({ database, env, params: { environment, key }, query: { id } }) => {
      const segment = await readEntity(database, environment, 'segment', key)
      if (!segment) return refuse('NOT_FOUND', `there is no segment ${key}`)
      const { members, included } = segment
      const isIncluded = included.includes(id)
      if (!members) return ok({ included: isIncluded, uploaded: false })
      const bytes =
        (await readMembers(env.SNAPSHOTS, environment, members.sha256)) ??
        (await readArchivedMembers(env.LAKE, environment, members.sha256))
      const set = bytes && decodeMembers(new Uint8Array(bytes))
      return set
        ? ok({ included: isIncluded, uploaded: isMember(set, id) })
        : refuse('UNAVAILABLE', 'the list cannot be read at the moment, try again')
    },
  }),
  route({
    id: 'download-segment-members',
    method: 'GET',
    path,
    needs: 'viewer',
    summary: 'Downloads the uploaded members of a segment, one id per line',
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
        : refuse('UNAVAILABLE', 'the list cannot be read at the moment, try again')
    },
  }),
]

type MembersCall = Call<typeof path, z.output<typeof UploadQuery>, undefined>

async function changeMembers(call: MembersCall, mode: UploadMode) {
  const { environment, key } = call.params
  const segment = await readEntity(call.database, environment, 'segment', key)
  if (!segment) return refuse('NOT_FOUND', `there is no segment ${key}`)
  const list = crypto.randomUUID()
  const writer = isDryRun(call.request) ? undefined : writeIds(call.env.LAKE, environment, list)
  const hashes = await collectHashes(call, segment, mode, writer)
  if (!hashes.ok) return hashes
  const stores = { kv: call.env.SNAPSHOTS, archive: call.env.LAKE }
  const members = await storeMembers(stores, environment, segment, list, hashes.value, writer)
  // on the version that was read above, because a concurrent change of the members would be lost
  const executed = await executeCommand(call, {
    kind: 'set-members',
    id: key,
    version: segment.version,
    members,
  })
  if (writer && (!executed.ok || members?.list !== list)) await deleteIds(call.env.LAKE, environment, list)
  return executed
}

/** The media types of CSV; browsers on Windows send that of Excel. */
const csvTypes = /\bcsv\b|ms-excel|tab-separated-values/i

/** What is no table and no list of lines. */
const otherTypes = /\bjson\b|\bxml\b|\byaml\b|multipart|spreadsheetml|zip\b/i

function formatOf({ request, query: { column } }: MembersCall): Result<UploadFormat> {
  const type = request.headers.get('content-type') ?? ''
  if (csvTypes.test(type)) return ok({ kind: 'csv', column })
  if (otherTypes.test(type))
    return refuse('INVALID', `content-type: members are lines of text/plain, or text/csv, not ${type}`)
  const message = 'is for CSV: send it as text/csv'
  return column === undefined
    ? ok({ kind: 'text' })
    : refuse('INVALID', `column: ${message}`, { fields: [{ path: 'column', message }] })
}

/** Returns the hashes of the resulting members, and writes their ids to `writer`. */
async function collectHashes(
  call: MembersCall,
  segment: Entities['segment'],
  mode: UploadMode,
  writer: IdWriter | undefined,
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const format = formatOf(call)
  if (!format.ok) return format
  const body = uploadOf(call.request)
  if (!body.ok) return body
  const uploaded = () => idsIn(body.value, format.value, uploadBytesMax)
  const before =
    segment.members && (await readIds(call.env.LAKE, call.params.environment, segment.members.list))
  const stored = () =>
    before ? idsIn(before.body as unknown as AsyncIterable<Uint8Array>, { kind: 'list' }, Infinity) : []
  const [kept, removed] = [memberSet(), memberSet()]
  const keep = async (lines: AsyncIterable<string[]> | Iterable<string[]>) => {
    for await (const ids of lines) {
      const added = ids.filter((id) => !removed.has(id) && kept.add(id))
      if (kept.size() > membersMax)
        throw new UploadError('TOO_LARGE', `a segment has at most ${membersMax} members`)
      await writer?.write(added)
    }
  }
  try {
    if (mode === 'remove') for await (const ids of uploaded()) for (const id of ids) removed.add(id)
    if (mode !== 'replace') await keep(stored())
    if (mode !== 'remove') await keep(uploaded())
    await writer?.finish()
    return ok(kept.encode())
  } catch (cause) {
    await writer?.abort()
    if (cause instanceof UploadError) return refuse(cause.code, cause.message)
    throw cause
  }
}

/** Stores the hashes, unless the run is dry. Returns the segment's new `members`, null for none. */
async function storeMembers(
  stores: Parameters<typeof publishMembers>[0],
  environment: string,
  segment: Entities['segment'],
  list: string,
  hashes: Uint8Array<ArrayBuffer>,
  writer: IdWriter | undefined,
): Promise<NonNullable<Segment['members']> | null> {
  if (hashes.byteLength === 0) return null
  const sha256 = writer ? await publishMembers(stores, environment, hashes) : await sha256Hex(hashes)
  if (sha256 === segment.members?.sha256) return segment.members // the same members, perhaps in another order
  return { count: hashes.byteLength / 8, sha256, list }
}
