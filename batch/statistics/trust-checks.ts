// Health checks against invented users. A client key is public: whoever has it can report any exposure for
// any visitor. So users whose exposures edge verified are compared with the others, and many users from one
// address are taken for invented ones.
import chiSquareCumulative from '@stdlib/stats-base-dists-chisquare-cdf'
import type { HealthCheck, Trust } from '../../core/model/experiment-result.ts'

export interface TrustFacts {
  readonly trust: Trust
  readonly baselineVariationId: string
  /** Users who count, by variation. */
  readonly users: ReadonlyMap<string, number>
  /** Many users may come from one address. */
  readonly sharedAddress: boolean
}

/**
 * Strict, because the check is repeated while the experiment runs: with a look every hour for 28 days, 0.001
 * accuses 2.8 % of healthy experiments, and this fewer than one in a hundred. Invented users who matter are
 * far beyond it. The test of shares and those of effects have half of it each.
 */
export const differenceProbability = 0.0001
/** Fewer unverified users can shift a rate by no more than users in two variations may. */
export const unverifiedShareTolerated = 0.01
export const unverifiedUsersTolerated = 5
/** Of either group, in each variation that is compared: below, a normal approximation does not hold. */
export const comparedUsersMin = 30

/**
 * A household has fewer users a day. An office or a server has more, and its experiment says so. One address
 * with more than a twentieth of the users of a variation can move its rate by five points.
 */
export const usersOfOneAddressTolerated = 10
export const shareOfOneAddressMax = 0.05

export const trustChecks = (facts: TrustFacts): HealthCheck[] => [checkVerified(facts), checkAddress(facts)]

function checkVerified({ trust, baselineVariationId }: TrustFacts): HealthCheck {
  const name = 'verified-users'
  const { variations, counts } = trust
  const verified = sum(variations.map(({ verifiedUsers }) => verifiedUsers))
  const unverified = sum(variations.map(({ unverifiedUsers }) => unverifiedUsers))
  const figures = `${verified} users are verified, ${unverified} are not`
  if (counts !== 'all')
    return { name, status: 'skipped', detail: `Not needed: ${figures}, and only ${counted[counts]} count.` }
  if (verified + unverified === 0)
    return {
      name,
      status: 'skipped',
      detail: 'Not tested: the events were recorded before edge verified any.',
    }
  const tolerated = Math.max(unverifiedUsersTolerated, (verified + unverified) * unverifiedShareTolerated)
  if (unverified <= tolerated) return { name, status: 'passed', detail: `${figures}.` }
  const compared = variations.filter(
    ({ verifiedUsers, unverifiedUsers }) => Math.min(verifiedUsers, unverifiedUsers) >= comparedUsersMin,
  )
  const isSkewed = shareProbability(variations) < differenceProbability / 2
  if (isSkewed && Math.max(verified, unverified) >= comparedUsersMin && verified > 0)
    return { name, status: 'failed', detail: `${figures}, and their shares of the variations differ.` }
  const differing = differingEffects(compared, baselineVariationId)
  if (differing.length > 0)
    return {
      name,
      status: 'failed',
      detail: `${figures}, and the two disagree about ${differing.join(', ')}.`,
    }
  return compared.length < 2
    ? { name, status: 'too-early', detail: `${figures}: too few to compare the two.` }
    : { name, status: 'passed', detail: `${figures}, and the two agree.` }
}

const counted = { verified: 'verified ones', server: 'events with a server key' }

type Row = Trust['variations'][number]

/** Chi-square test of homogeneity: that verified and unverified users have the same shares of variations. */
function shareProbability(variations: readonly Row[]): number {
  const rows = variations
    .map(({ verifiedUsers, unverifiedUsers }) => [verifiedUsers, unverifiedUsers] as const)
    .filter(([a, b]) => a + b > 0)
  if (rows.length < 2) return 1
  const totals = [sum(rows.map(([a]) => a)), sum(rows.map(([, b]) => b))] as const
  if (totals[0] === 0 || totals[1] === 0) return 1
  const all = totals[0] + totals[1]
  const chiSquare = sum(
    rows.flatMap((row) =>
      row.map((users, k) => {
        const expected = ((row[0] + row[1]) * totals[k]!) / all
        return (users - expected) ** 2 / expected
      }),
    ),
  )
  return 1 - chiSquareCumulative(chiSquare, rows.length - 1)
}

/**
 * The variations whose difference to the baseline is another among verified than among unverified users.
 * Rates may differ between the two, as users of other clients do; what a variation changes must not.
 */
function differingEffects(compared: readonly Row[], baselineVariationId: string): string[] {
  const baseline = compared.find(({ variationId }) => variationId === baselineVariationId)
  if (!baseline) return []
  const others = compared.filter((row) => row !== baseline)
  const limit = differenceProbability / 2 / others.length
  return others.flatMap((row) => {
    const rates = [baseline, row].flatMap((each) => [
      rateOf(each.verifiedUsers, each.verifiedConversions),
      rateOf(each.unverifiedUsers, each.unverifiedConversions),
    ])
    const [verifiedBase, unverifiedBase, verifiedRow, unverifiedRow] = rates as [Rate, Rate, Rate, Rate]
    const difference = verifiedRow.rate - verifiedBase.rate - (unverifiedRow.rate - unverifiedBase.rate)
    const chiSquare = difference ** 2 / sum(rates.map(({ variance }) => variance))
    return 1 - chiSquareCumulative(chiSquare, 1) < limit ? [row.variationId] : []
  })
}

interface Rate {
  readonly rate: number
  readonly variance: number
}

/** Agresti and Coull (1998): half a conversion more of either kind keeps the variance above zero. */
function rateOf(users: number, conversions: number): Rate {
  const rate = (conversions + 0.5) / (users + 1)
  return { rate, variance: (rate * (1 - rate)) / (users + 1) }
}

function checkAddress({ trust, users, sharedAddress }: TrustFacts): HealthCheck {
  const name = 'users-of-one-address'
  if (sharedAddress)
    return { name, status: 'skipped', detail: 'Not tested: the experiment says that users share an address.' }
  const found = trust.variations.filter(
    ({ variationId, sourceUsers }) =>
      sourceUsers > usersOfOneAddressTolerated &&
      sourceUsers > (users.get(variationId) ?? 0) * shareOfOneAddressMax,
  )
  const [first] = found
  if (!first) {
    const most = Math.max(0, ...trust.variations.map(({ sourceUsers }) => sourceUsers))
    return {
      name,
      status: 'passed',
      detail: `At most ${most} users of a variation came from one address on one day.`,
    }
  }
  const { variationId, sourceUsers } = first
  return {
    name,
    status: 'failed',
    detail:
      `About ${sourceUsers} of ${users.get(variationId) ?? 0} users of ${variationId} came from one address on ` +
      'one day, without a server key.',
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
