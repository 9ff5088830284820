// How fast a published revision reached edge, by the exposures that edge took on it. Pure.
import type { Publication } from '../contracts/propagation-contract.ts'

/** So long after a publication exposures are looked at. */
export const observedSeconds = 300
/** A second counts as reached if this share of the exposures in it and the next ones is on the revision. */
const reachedShare = 0.99
const reachedOverSeconds = 10

export interface Propagation {
  readonly revision: number
  readonly publishedAt: number
  /** Milliseconds; null: no exposure on it has been counted. */
  readonly firstAfterMs: number | null
  /** Milliseconds, up to the start of a second of the clock; null: not yet, or never. */
  readonly mostAfterMs: number | null
  readonly exposures: number
  readonly earlierExposures: number
}

export function propagationOf({ revision, publishedAt, seconds }: Publication): Propagation {
  const sumOf = (rows: Publication['seconds']) => rows.reduce((sum, row) => sum + row.exposures, 0)
  const own = seconds.filter((row) => row.revision >= revision)
  // In the second of the publication, earlier revisions were right until then.
  const afterwards = seconds.filter(({ second }) => second * 1_000 >= publishedAt)
  const isReached = (from: number) => {
    const next = afterwards.filter(({ second }) => second >= from && second < from + reachedOverSeconds)
    const reached = sumOf(next.filter((row) => row.revision >= revision))
    return reached > 0 && reached >= reachedShare * sumOf(next)
  }
  const reachedAt = afterwards.map(({ second }) => second).find(isReached)
  // The clocks of edge and of the environment object may differ by a little.
  const since = (at: number) => Math.max(0, at - publishedAt)
  const first = own.length === 0 ? null : since(Math.min(...own.map(({ firstAt }) => firstAt)))
  return {
    revision,
    publishedAt,
    firstAfterMs: first,
    // nobody was on it before the first one was, at whatever moment of that second
    mostAfterMs: reachedAt === undefined ? null : Math.max(first ?? 0, since(reachedAt * 1_000)),
    exposures: sumOf(own),
    earlierExposures: sumOf(afterwards.filter((row) => row.revision < revision)),
  }
}
