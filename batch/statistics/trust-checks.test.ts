// Invented users are told from verified ones, and honest ones are not accused.
import { describe, expect, it } from 'vitest'
import type { Trust } from '../../core/model/experiment-result.ts'
import { randomFrom } from '../../test/simulate/random.ts'
import { trustChecks, usersOfOneAddressTolerated } from './trust-checks.ts'

type Row = Trust['variations'][number]

const row = (variationId: string, changes: Partial<Row> = {}): Row => ({
  variationId,
  verifiedUsers: 1_000,
  verifiedConversions: 50,
  unverifiedUsers: 0,
  unverifiedConversions: 0,
  sourceUsers: 1,
  ...changes,
})

function checks(
  variations: readonly Row[],
  more: Partial<Pick<Trust, 'counts'>> & { sharedAddress?: boolean } = {},
) {
  const { sharedAddress = false, counts = 'all' } = more
  const users = new Map(
    variations.map((each) => [each.variationId, each.verifiedUsers + each.unverifiedUsers]),
  )
  const trust = { counts, unitAttribute: '', usersWithoutUnit: 0, variations: [...variations] }
  const found = trustChecks({ trust, baselineVariationId: 'old', users, sharedAddress })
  return Object.fromEntries(found.map(({ name, status }) => [name, status]))
}

describe('unverified users', () => {
  it.each<[string, Row[], string]>([
    ['none', [row('old'), row('new')], 'passed'],
    ['a few', [row('old'), row('new', { unverifiedUsers: 20, unverifiedConversions: 20 })], 'passed'],
    [
      'as many in each variation, with the same effect at another rate',
      [
        row('old', { unverifiedUsers: 500, unverifiedConversions: 100 }),
        row('new', { unverifiedUsers: 500, unverifiedConversions: 110 }),
      ],
      'passed',
    ],
    ['all in one variation', [row('old'), row('new', { unverifiedUsers: 300 })], 'failed'],
    [
      'as many in each variation, converting in one',
      [
        row('old', { unverifiedUsers: 300 }),
        row('new', { unverifiedUsers: 300, unverifiedConversions: 300 }),
      ],
      'failed',
    ],
    [
      'in a variation that verified users never get',
      [
        row('old'),
        row('new'),
        row('gone', { verifiedUsers: 0, verifiedConversions: 0, unverifiedUsers: 200 }),
      ],
      'failed',
    ],
    [
      'nobody verified to compare with',
      ['old', 'new'].map((id) => row(id, { verifiedUsers: 0, verifiedConversions: 0, unverifiedUsers: 300 })),
      'too-early',
    ],
    [
      'events of an earlier release only',
      ['old', 'new'].map((id) => row(id, { verifiedUsers: 0, verifiedConversions: 0 })),
      'skipped',
    ],
  ])('%s', (_, variations, status) => {
    expect(checks(variations)['verified-users']).toBe(status)
  })

  it('do no harm where they do not count', () => {
    const forged = [row('old'), row('new', { unverifiedUsers: 900, unverifiedConversions: 900 })]
    expect(checks(forged, { counts: 'verified' })['verified-users']).toBe('skipped')
    expect(checks(forged, { counts: 'server' })['verified-users']).toBe('skipped')
  })
})

it('accuses few healthy experiments, looked at every hour for four weeks', () => {
  const random = randomFrom(31)
  const [experiments, looks, usersPerLook] = [400, 672, 100]
  let accused = 0
  for (let experiment = 0; experiment < experiments; experiment++) {
    const arms = ['old', 'new'].map((id) => ({ ...row(id), verifiedUsers: 0, verifiedConversions: 0 }))
    for (let look = 0; look < looks; look++) {
      for (const arm of arms) {
        for (const kind of ['verified', 'unverified'] as const) {
          const users = random.poisson(usersPerLook / 4)
          arm[`${kind}Users`] += users
          arm[`${kind}Conversions`] += random.binomial(users, 0.2)
        }
      }
      if (checks(arms)['verified-users'] !== 'failed') continue
      accused++
      break
    }
  }
  expect(accused / experiments).toBeLessThanOrEqual(0.01)
})

describe('users of one address', () => {
  const status = (verifiedUsers: number, sourceUsers: number, sharedAddress = false) =>
    checks([row('old'), row('new', { verifiedUsers, sourceUsers })], { sharedAddress })[
      'users-of-one-address'
    ]

  it('fail if they are many, and a large part of a variation', () => {
    expect(status(1_000, 51)).toBe('failed')
    expect(status(1_000, 50)).toBe('passed')
    expect(status(20, usersOfOneAddressTolerated)).toBe('passed')
    expect(status(20, usersOfOneAddressTolerated + 1)).toBe('failed')
  })
  it('are expected where the experiment says so', () => {
    expect(status(1_000, 1_000, true)).toBe('skipped')
  })
})
