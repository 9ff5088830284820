// Lists of users that are too long for a segment become its uploaded members, in the revision of the
// import.
import type { Candidates, Finding } from '../../../core/change/import-plan.ts'
import { isTooLarge } from '../../../core/change/entity.ts'
import type { EnvironmentState } from '../../../core/model/environment-state.ts'
import { segmentMembersMax, valueLengthMax } from '../../../core/model/limits.ts'
import { memberSet } from '../../../core/model/member-set.ts'
import { membersMax } from '../../../core/model/members.ts'
import type { Segment } from '../../../core/model/segment.ts'
import { sha256Hex } from '../../http/digest.ts'
import { type MemberStores, deleteIds, publishMembers, writeIds } from '../../storage/members.ts'

export interface WithMembers {
  readonly candidates: Candidates
  /** Deletes the lists that were written, for an import that was refused or changed nothing. */
  readonly undo: () => Promise<void>
}

/** Ids in a text of one id per line. */
const batchSize = 10_000

/** `stores`: undefined in a dry run, which writes nothing. */
export async function moveLongLists(
  candidates: Candidates,
  state: EnvironmentState,
  environment: string,
  stores: MemberStores | undefined,
): Promise<WithMembers> {
  const written: string[] = []
  const findings: Finding[] = []
  const segments: Segment[] = []
  for (const segment of candidates.segments) {
    if (!isTooLong(segment)) {
      segments.push(segment)
      continue
    }
    const members = await toMembers(segment, state, environment, stores, written)
    segments.push({ ...segment, included: [], members })
    findings.push({
      subject: 'segment',
      key: segment.key,
      field: 'included',
      effect: 'lost',
      reason:
        'its users are too many for the segment itself and become uploaded members: every evaluation stays, ' +
        'but SDKs in local mode do not get flags that ask for the segment',
    })
  }
  const undo = async () => {
    if (stores) await Promise.all(written.map((list) => deleteIds(stores.archive, environment, list)))
  }
  return { candidates: { ...candidates, segments, findings: [...candidates.findings, ...findings] }, undo }
}

/**
 * What cannot be a member, an id too long or with a line break, is refused later, by the segment's
 * schema.
 */
const isTooLong = (segment: Segment): boolean =>
  (segment.included.length > segmentMembersMax || isTooLarge(segment)) &&
  segment.included.length <= membersMax &&
  segment.included.every((id) => id !== '' && id.length <= valueLengthMax && !/[\r\n]/.test(id))

async function toMembers(
  { key, included }: Segment,
  state: EnvironmentState,
  environment: string,
  stores: MemberStores | undefined,
  written: string[],
): Promise<NonNullable<Segment['members']>> {
  const set = memberSet()
  const ids = included.filter((id) => set.add(id))
  const hashes = set.encode()
  const sha256 = await sha256Hex(hashes)
  const current = state.segment.get(key)?.members
  if (current?.sha256 === sha256) return current // the same users: nothing changes
  const list = crypto.randomUUID()
  if (stores) {
    const writer = writeIds(stores.archive, environment, list)
    for (let at = 0; at < ids.length; at += batchSize) await writer.write(ids.slice(at, at + batchSize))
    await writer.finish()
    await publishMembers(stores, environment, hashes)
    written.push(list)
  }
  return { count: set.size(), sha256, list }
}
