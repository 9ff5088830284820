// Which objects hold the records of an environment's day of receipt. A manifest names the parts (Parquet) and
// the raw objects whose records are in them. A reader takes the parts, and the raw objects that the manifest
// does not name: it sees the old set or the new one, never both. A manifest is replaced by one conditional
// put, so that put is the lock, too: of two compactions of a day, one wins.
//
// Objects that a manifest no longer needs are deleted `replacedGraceMs` later, because a run that read the
// manifest before may be about to fetch them.
import * as z from 'zod/mini'

export const manifestVersion = 1

/** Longer than any run. */
export const replacedGraceMs = 24 * 3_600_000
/**
 * The names of deleted objects are kept for as long: the queue redelivers a batch for 38 hours, and what
 * comes back under a known name is compacted already. Later copies are told by their ids.
 */
export const replacedKeptMs = 7 * 24 * 3_600_000
/** Users are spread over as many files, so that one file can be counted after the other. */
export const bucketsMax = 16

export const Part = z.strictObject({
  /** Of the object, in the folder of the manifest. */
  name: z.string().check(z.regex(/^part-\d{1,15}-\d\d-[0-9a-f]{64}\.parquet$/)),
  /** It holds the users with `sipHash64(targetingKey) % buckets = bucket`. */
  bucket: z.int(),
  buckets: z.union([z.literal(1), z.literal(bucketsMax)]),
  bytes: z.int(),
  /** By kind of record. */
  records: z.record(z.string(), z.int()),
  /** Every event of the part counts between the two (sql/counting/events.sql), in epoch milliseconds. */
  from: z.int(),
  to: z.int(),
})
export type Part = z.infer<typeof Part>

const Replaced = z.strictObject({
  /** Epoch milliseconds. */
  at: z.int(),
  /** The keys of raw objects, without the prefix of their day, and the names of parts. */
  objects: z.array(z.string()),
})
export type Replaced = z.infer<typeof Replaced>

export const Manifest = z.strictObject({
  version: z.literal(manifestVersion),
  parts: z.array(Part),
  replaced: z.array(Replaced),
})
export type Manifest = z.infer<typeof Manifest>

export const noManifest: Manifest = { version: manifestVersion, parts: [], replaced: [] }

/** The names of all objects whose records are in the parts, or were removed. */
export const replacedNames = ({ replaced }: Manifest): Set<string> =>
  new Set(replaced.flatMap(({ objects }) => objects))

export const recordsOf = (parts: readonly Part[]): number =>
  parts.reduce((sum, { records }) => sum + Object.values(records).reduce((own, count) => own + count, 0), 0)

/** The runs of compaction that wrote the parts, oldest first. */
export const runsOf = (parts: readonly Part[]): number[] =>
  [...new Set(parts.map(({ name }) => Number(/^part-(\d+)/.exec(name)?.[1])))].toSorted((a, b) => a - b)

/** The manifest after parts and raw objects were written anew as other parts. */
export function withParts(
  before: Manifest,
  change: {
    readonly removed: ReadonlySet<string>
    readonly added: readonly Part[]
    readonly rawNames: readonly string[]
    /** The names of all objects that the store has. */
    readonly listed: ReadonlySet<string>
    readonly now: number
  },
): Manifest {
  const { removed, added, rawNames, listed, now } = change
  const known = replacedNames(before)
  const fresh = [...rawNames, ...removed].filter((name) => !known.has(name))
  return {
    version: manifestVersion,
    parts: [...before.parts.filter(({ name }) => !removed.has(name)), ...added].toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
    replaced: [
      ...before.replaced.flatMap(({ at, objects }) => {
        const kept = now - at < replacedKeptMs ? objects : objects.filter((name) => listed.has(name))
        return kept.length === 0 ? [] : [{ at, objects: kept }]
      }),
      ...(fresh.length === 0 ? [] : [{ at: now, objects: fresh.toSorted() }]),
    ],
  }
}

export type CompactionPlan =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'compact'
      /** Keys without the prefix of their day. */
      readonly rawNames: readonly string[]
      /** Parts that are merged with them. */
      readonly merged: readonly Part[]
    }

/** More runs of an open day are merged into one. */
export const runsMax = 4
/** A day with fewer records is written anew as a whole, and as one file. */
export const smallRecordsMax = 200_000

/**
 * What a compaction of the day should do. A day that is over ends as one run: late records are further raw
 * objects of their day of receipt.
 */
export function planCompaction(
  manifest: Manifest,
  rawNames: readonly string[],
  isOver: boolean,
  smallMax = smallRecordsMax,
): CompactionPlan {
  const known = replacedNames(manifest)
  const fresh = rawNames.filter((name) => !known.has(name)).toSorted()
  const runs = runsOf(manifest.parts).length
  if (fresh.length === 0 && (runs <= 1 || !isOver)) return { kind: 'nothing' }
  const isMerged = isOver || runs >= runsMax || recordsOf(manifest.parts) < smallMax
  return { kind: 'compact', rawNames: fresh, merged: isMerged ? manifest.parts : [] }
}
