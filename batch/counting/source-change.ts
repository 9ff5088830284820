// What of the lake came and went since a count that was kept.
import { stat } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import type { RecordFiles } from '../lake/cache.ts'
import type { Part } from '../../analytics/manifest.ts'
import type { ChangeOf } from './prepared-records.ts'
import type { CountedFiles, Projections } from './projections.ts'

export type Change = ChangeOf<CountedFiles>

/** Where more of the lake changed, a full count costs less. */
const changedShareMax = 0.25

/** The objects that were counted, as files of the cache. */
export interface Sources {
  readonly raw: readonly string[]
  readonly parts: readonly { readonly file: string; readonly part: Part }[]
}

export const sourcesOf = ({ raw, parts }: RecordFiles) => ({
  raw: [...raw],
  parts: parts.map(({ file, part }) => ({ file, part })),
})

export const isSameSources = (before: Sources, after: Sources): boolean =>
  isDeepStrictEqual(namesOf(before), namesOf(after))

const namesOf = ({ raw, parts }: Sources) => [raw, parts.map(({ file }) => file)]

/** Undefined if what went cannot be counted any more. */
export async function changeSince(
  before: Sources,
  after: CountedFiles,
  projections: Projections,
): Promise<Change | undefined> {
  const split = <Had, Has>(old: readonly Had[], now: readonly Has[], fileOf: (item: Had | Has) => string) => {
    const [had, has] = [new Set(old.map(fileOf)), new Set(now.map(fileOf))]
    return {
      added: now.filter((item) => !had.has(fileOf(item))),
      kept: now.filter((item) => had.has(fileOf(item))),
      removed: old.filter((item) => !has.has(fileOf(item))),
    }
  }
  const raw = split(before.raw, after.raw, (file) => file)
  const parts = split(before.parts, after.parts, ({ file }) => file)
  const gone = await projections.find(parts.removed)
  return (
    gone && {
      added: { raw: raw.added, parts: parts.added },
      kept: { raw: raw.kept, parts: parts.kept },
      removed: { raw: raw.removed, parts: gone },
    }
  )
}

export const isNothing = ({ added, removed }: Change): boolean =>
  [added, removed].every(({ raw, parts }) => raw.length + parts.length === 0)

/** Whether to count the users who have news costs less than to count all, and can be done. */
export async function isWorthwhile({ added, kept, removed }: Change): Promise<boolean> {
  const bytesOf = async ({ raw, parts }: RecordFiles) => {
    let bytes = 0
    for (const file of [...raw, ...parts.map((each) => each.file)]) bytes += (await stat(file)).size
    return bytes
  }
  try {
    const changed = (await bytesOf(added)) + (await bytesOf(removed))
    return changed / ((await bytesOf(kept)) + changed) <= changedShareMax
  } catch {
    return false // a file is not there, so it cannot be subtracted
  }
}
