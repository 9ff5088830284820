// Computes the result of one experiment and one goal from its counts. The engine is the only effect; time and
// seed are arguments.
import { createHash } from 'node:crypto'
import type { ExperimentResult, Prior, ResultWindow, Trust } from '../../core/model/experiment-result.ts'
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import type { Counts, Engine } from './fit.ts'
import { healthOf, type LakeDamage } from './health.ts'
import { verdictOf } from './verdict.ts'

/** The largest int in Stan. */
export const usersMax = 2_147_483_647
/** The largest seed that CmdStan takes. */
export const seedMax = 4_294_967_295
/** Every rate is equally likely a priori, as in Bucketeer. */
export const flatPrior: Prior = { alpha: 1, beta: 1 }

export interface VariationCounts extends Counts {
  /** The share of users that this variation should have, in any unit: only the proportions count. */
  readonly expectedWeight: number
}

export interface Evidence {
  readonly goalKey: string
  readonly baselineVariationId: string
  readonly window: ResultWindow
  readonly counts: readonly VariationCounts[]
  readonly usersInTwoVariations: number
  readonly damage: LakeDamage
  readonly now: number
  readonly seed: number
  readonly prior: Prior
  /** Absent: nothing is known of the events' origin. */
  readonly trust?: Trust
  readonly sharedAddress?: boolean
}

/** Equal evidence gives an equal result: the engine gets the variations sorted by id. */
export async function conclude(evidence: Evidence, engine: Engine): Promise<Result<ExperimentResult>> {
  const counts = [...evidence.counts].sort((a, b) => (a.variationId < b.variationId ? -1 : 1))
  const invalid = validate({ ...evidence, counts })
  if (invalid) return invalid

  const { goalKey, baselineVariationId, window, usersInTwoVariations, prior, seed, trust } = evidence
  const variations = counts.map(({ variationId, users, conversions }) => ({
    variationId,
    users,
    conversions,
  }))
  const fit = await engine.fit({ variations, baselineVariationId, prior, seed })
  if (!fit.ok) return fit

  const results = fit.value.variations.map((posterior, k) => ({ ...posterior, ...variations[k]! }))
  const health = healthOf({
    damage: evidence.damage,
    cells: counts,
    usersInTwoVariations,
    engine: fit.value.engine,
    trust: trust && {
      trust,
      baselineVariationId,
      users: new Map(counts.map(({ variationId, users }) => [variationId, users])),
      sharedAddress: evidence.sharedAddress === true,
    },
  })
  return ok({
    goalKey,
    baselineVariationId,
    computedAt: evidence.now,
    window,
    inputHash: inputHash(evidence),
    prior,
    engine: fit.value.engine,
    variations: results,
    health,
    verdict: verdictOf(results, baselineVariationId, health),
    ...(trust && { trust }),
  })
}

/**
 * SHA-256 of everything that the figures depend on besides the engine: JSON with sorted keys and variations.
 */
export function inputHash(evidence: Omit<Evidence, 'goalKey' | 'window' | 'now'>): string {
  const { baselineVariationId, counts, damage, prior, seed, usersInTwoVariations, trust } = evidence
  const isDamaged = damage.missingObjects > 0 || damage.doubtfulObjects > 0
  const canonical = {
    baselineVariationId,
    counts: counts
      .map(({ variationId, conversions, expectedWeight, users }) => ({
        conversions,
        expectedWeight,
        users,
        variationId,
      }))
      .sort((a, b) => (a.variationId < b.variationId ? -1 : 1)),
    ...(isDamaged ? { damage } : {}), // absent from the hashes of earlier releases
    prior: { alpha: prior.alpha, beta: prior.beta },
    ...(trust ? { sharedAddress: evidence.sharedAddress === true, trust } : {}),
    seed,
    usersInTwoVariations,
  }
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex')
}

/** The first thing that is wrong with the evidence; undefined if nothing is. Expects counts sorted by id. */
function validate({ counts, baselineVariationId, usersInTwoVariations, prior, seed, window }: Evidence) {
  if (counts.length === 0) return refuse('INVALID', 'There is no variation to count.')
  if (!counts.some(({ variationId }) => variationId === baselineVariationId)) {
    return refuse('INVALID', `The baseline ${baselineVariationId} is not among the variations.`)
  }
  for (const [k, { variationId, users, conversions, expectedWeight }] of counts.entries()) {
    if (counts[k + 1]?.variationId === variationId)
      return refuse('INVALID', `Variation ${variationId} is counted twice.`)
    if (!isCount(users) || !isCount(conversions)) {
      return refuse(
        'INVALID',
        `Variation ${variationId} has counts that are not integers from 0 to ${usersMax}.`,
      )
    }
    if (conversions > users) return conversionsExceedUsers(variationId, conversions, users)
    if (!(expectedWeight >= 0 && Number.isFinite(expectedWeight))) {
      return refuse('INVALID', `Variation ${variationId} has a weight that is not a number from 0.`)
    }
  }
  if (!isCount(usersInTwoVariations)) return refuse('INVALID', 'usersInTwoVariations is not a count.')
  if (!(isPositive(prior.alpha) && isPositive(prior.beta)))
    return refuse('INVALID', 'The prior needs a positive alpha and beta.')
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= seedMax)) {
    return refuse('INVALID', `The seed is not an integer from 0 to ${seedMax}.`)
  }
  if (!(window.from <= window.to)) return refuse('INVALID', 'The window ends before it starts.')
  return undefined
}

/**
 * The counting is wrong: a user converts at most once, so a posterior of such counts would be meaningless.
 */
export const conversionsExceedUsers = (variationId: string, conversions: number, users: number) =>
  refuse('INVALID', `Variation ${variationId} has ${conversions} conversions but only ${users} users.`, {
    fields: [{ path: `counts.${variationId}.conversions`, message: 'more conversions than users' }],
  })

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= usersMax

const isPositive = (value: number): boolean => value > 0 && Number.isFinite(value)
