// Health checks: whether a result can be trusted. One failed check turns health red and withholds the
// verdict. One that warns or cannot judge yet turns it amber, which leaves the verdict as it is.
import type { EngineReport, SamplerReport } from '../../core/model/engine-report.ts'
import type { Health, HealthCheck } from '../../core/model/experiment-result.ts'
import type { Interaction } from '../../core/model/interaction.ts'
import { checkInteractions } from './interaction-check.ts'
import { type TrustFacts, trustChecks } from './trust-checks.ts'
import { causeSentence, type MismatchCause } from './mismatch-cause.ts'
import { mismatchFactor, type Cell, type SampleRatio } from './sample-ratio.ts'

/** Users in two variations dilute the difference by about their share. More than one percent is too much. */
export const usersInTwoVariationsShareMax = 0.01
/** So that single users do not fail a small experiment. */
export const usersInTwoVariationsTolerated = 5
// Vehtari and others (2021): R-hat at most 1.01, and an effective sample size of 100 for each of four chains.
export const rhatMax = 1.01
export const effectiveSizeMin = 400

/** Objects of the event lake that are not what ingest wrote. */
export interface LakeDamage {
  /** Objects that could not be read, so their records are not counted. */
  readonly missingObjects: number
  /** Their records, as far as the store knows. */
  readonly missingRecords: number
  /** Objects that are counted, although their content is not what their name says. */
  readonly doubtfulObjects: number
}
export const noDamage: LakeDamage = { missingObjects: 0, missingRecords: 0, doubtfulObjects: 0 }

export interface HealthFacts {
  readonly damage: LakeDamage
  readonly cells: readonly Cell[]
  readonly ratio: SampleRatio
  /** What was found of a mismatch. */
  readonly cause?: MismatchCause | undefined
  readonly usersInTwoVariations: number
  readonly engine: EngineReport
  /** Undefined if nothing is known of the events' origin. */
  readonly trust?: TrustFacts | undefined
  /** Of the primary goal, with other experiments that share users. */
  readonly interactions?: readonly Interaction[] | undefined
}

export function healthOf({
  damage,
  cells,
  ratio,
  cause,
  usersInTwoVariations,
  engine,
  trust,
  interactions = [],
}: HealthFacts): Health {
  const users = cells.reduce((sum, cell) => sum + cell.users, 0)
  const checks = [
    checkLake(damage),
    checkSampleRatio(ratio, cause),
    checkUsersInTwoVariations(usersInTwoVariations, users, cells.length),
    checkSampler(engine),
    ...(trust ? trustChecks(trust) : []),
    ...(interactions.length > 0 ? [checkInteractions(interactions)] : []),
  ]
  const has = (wanted: HealthCheck['status']) => checks.some(({ status }) => status === wanted)
  return { status: has('failed') ? 'red' : has('warning') || has('too-early') ? 'amber' : 'green', checks }
}

function checkLake({ missingObjects, missingRecords, doubtfulObjects }: LakeDamage): HealthCheck {
  const name = 'lake-complete'
  const missing =
    `${missingObjects} of the lake's objects cannot be read; ` +
    (missingRecords > 0
      ? `at least ${missingRecords} records are not counted.`
      : 'their records are not counted.')
  const doubtful = `${doubtfulObjects} of the lake's objects are counted, but differ from their names.`
  const details = [...(missingObjects > 0 ? [missing] : []), ...(doubtfulObjects > 0 ? [doubtful] : [])]
  return details.length > 0
    ? { name, status: 'failed', detail: details.join(' ') }
    : { name, status: 'passed', detail: 'All objects of the lake could be read and verified.' }
}

function checkSampleRatio(ratio: SampleRatio, cause: MismatchCause | undefined): HealthCheck {
  const name = 'sample-ratio'
  switch (ratio.kind) {
    case 'skipped':
      return { name, status: 'skipped', detail: `Not tested: ${ratio.reason}.` }
    case 'too-early':
      return { name, status: 'too-early', detail: `Cannot be tested yet: ${ratio.reason}.` }
    case 'unexpected-users':
      return {
        name,
        status: 'failed',
        detail: `${ratio.users} users are in variations that are not served.`,
      }
    case 'tested': {
      const { logFactor, highestLogFactor, mismatch } = ratio
      const now = factorText(logFactor)
      if (!mismatch) {
        const detail = `The variations got their shares of users: factor ${now}, below ${mismatchFactor}.`
        return { name, status: 'passed', detail }
      }
      const isNow = logFactor === highestLogFactor
      const highest = isNow ? now : `${factorText(highestLogFactor)} at an earlier look, ${now} now`
      return {
        name,
        status: 'failed',
        detail:
          `The variations did not get their shares of users: factor ${highest}, where a healthy ` +
          `experiment stays below ${mismatchFactor}.` +
          (cause ? ` ${causeSentence(cause)}` : ''),
      }
    }
    default:
      return ratio satisfies never
  }
}

const factorText = (logarithm: number): string => {
  const digits = logarithm / Math.LN10
  return digits > 6 ? `10^${digits.toFixed(0)}` : Math.exp(logarithm).toPrecision(2)
}

function checkUsersInTwoVariations(count: number, users: number, variations: number): HealthCheck {
  const name = 'users-in-two-variations'
  if (variations < 2) return { name, status: 'skipped', detail: 'Not tested: there is only one variation.' }
  if (users === 0) return { name, status: 'too-early', detail: 'Cannot be tested yet: there are no users.' }
  const allowed = Math.max(usersInTwoVariationsTolerated, Math.floor(users * usersInTwoVariationsShareMax))
  return {
    name,
    status: count > allowed ? 'failed' : 'passed',
    detail: `${count} of ${users} users saw more than one variation; ${allowed} are tolerated.`,
  }
}

/** Not `> limit`: a comparison with NaN is false, and would pass. */
export const hasConverged = (
  figures: Pick<SamplerReport, 'rhatMax' | 'essBulkMin' | 'essTailMin' | 'divergences'>,
): boolean =>
  figures.rhatMax <= rhatMax &&
  figures.essBulkMin >= effectiveSizeMin &&
  figures.essTailMin >= effectiveSizeMin &&
  figures.divergences === 0

function checkSampler(engine: EngineReport): HealthCheck {
  const name = 'sampler'
  if (engine.kind === 'exact')
    return { name, status: 'skipped', detail: 'Not needed: the closed form draws no samples.' }
  const figures =
    `R-hat at most ${engine.rhatMax.toFixed(4)} (limit ${rhatMax}), effective sample size at least ` +
    `${Math.floor(engine.essBulkMin)} in the bulk and ${Math.floor(engine.essTailMin)} in the tails ` +
    `(limit ${effectiveSizeMin}), ${engine.divergences} divergences`
  return hasConverged(engine)
    ? { name, status: 'passed', detail: `The chains converged: ${figures}.` }
    : { name, status: 'failed', detail: `The chains did not converge: ${figures}.` }
}
