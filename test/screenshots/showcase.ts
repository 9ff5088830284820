// What the pictures of the console show beside the demo's data: experiments in every state, rollouts,
// schedules, kill switches, segments, webhooks and jobs, as a team has them after some weeks.
import { type Admin, call } from '../../scripts/admin.ts'
import { dayMs, resultsOf, type ShownExperiment, type ShownGoal } from './showcase-results.ts'

const hourMs = 3_600_000
const third = [34_000, 33_000, 33_000]

/** Creates everything in an environment that has the demo's data, unless it is there. */
export async function seedShowcase(admin: Admin, environmentId: string, now: number): Promise<void> {
  const path = `/environments/${environmentId}`
  const { flags } = await call<{ flags: { key: string }[] }>(admin, 'GET', `${path}/flag-rows`)
  if (flags.some(({ key }) => key === 'express-pay')) return
  const post = (to: string, body: unknown) => call(admin, 'POST', `${path}/${to}`, body)
  const flagOf = (key: string, name: string, ids: readonly string[], weights: readonly number[]) => ({
    key,
    name,
    type: 'string',
    enabled: true,
    tags: ['shop'],
    variations: ids.map((id) => ({ id: `${key}-${id}`, name: id, value: id })),
    offVariationId: `${key}-${ids[0]}`,
    defaultStrategy: {
      strategy: {
        kind: 'rollout',
        shares: ids.map((id, k) => ({ variationId: `${key}-${id}`, weight: weights[k] })),
      },
    },
  })
  for (const flag of [
    flagOf('express-pay', 'Express pay', ['classic', 'express', 'wallet'], third),
    flagOf('hero', 'Hero on the home page', ['photo', 'video'], [50_000, 50_000]),
    flagOf('annual-plan', 'Annual plan preselected', ['monthly', 'annual'], [50_000, 50_000]),
    flagOf('gift-cards', 'Gift cards', ['without', 'with'], [50_000, 50_000]),
    flagOf('search-ranking', 'Semantic ranking', ['keyword', 'semantic'], [100_000, 0]),
    flagOf('headline', 'Headline of the week', ['plain', 'question', 'number'], third),
    flagOf('passkeys', 'Sign in with passkeys', ['password', 'passkey'], [100_000, 0]),
  ])
    await post('flags', flag)
  await post('goals', { key: 'order', name: 'Order completed' })
  await post('goals', {
    key: 'revenue',
    name: 'Revenue per user',
    event: 'order',
    metric: { kind: 'value', cap: 400 },
  })
  await post('goals', { key: 'payment-error', name: 'Payment failed' })
  await post('goals', { key: 'refund', name: 'Refund within 7 days' })
  await post('goals', { key: 'sign-up', name: 'Paid sign-up' })
  await post('layers', { id: 'plans', name: 'Plans and gifts' })
  await post('layers/plans/allot', {
    flagKey: 'annual-plan',
    slices: 5_000,
    outsideVariationId: 'annual-plan-monthly',
  })
  await post('layers/plans/allot', {
    flagKey: 'gift-cards',
    slices: 3_000,
    outsideVariationId: 'gift-cards-without',
  })
  await post('layers', { id: 'search', name: 'Search' })
  await seedExperiments(admin, path, now)
  await seedOperations(post, now)
  await post('holdouts', { id: 'year', name: 'This year', slices: 500, goalKeys: ['order', 'revenue'] })
  await post('holdouts', { id: 'search', name: 'Search', slices: 200, flagKeys: ['search-ranking'] })
  const found = {
    difference: { estimate: 0.006, low: 0.001, high: 0.011 },
    relative: { estimate: 0.058, low: 0.009, high: 0.107 },
  }
  const comparison = {
    variationId: 'others',
    outcome: 'better',
    cautious: null,
    evidence: 4.1,
    moreDays: null,
  }
  await post('holdout-looks', {
    looks: [
      {
        holdoutId: 'year',
        look: {
          at: now - 240_000,
          sampleRatio: 'passed',
          goals: [
            {
              goalKey: 'order',
              heldOut: { users: 20_114, converted: 2_079 },
              others: { users: 381_902, converted: 41_765 },
              comparison: { ...comparison, ...found },
            },
          ],
        },
      },
    ],
  })
  await post('segments', {
    key: 'beta-users',
    name: 'Beta users',
    description: 'Asked to see what is new before others.',
    included: ['ada', 'grace'],
    anyOf: [[{ attribute: 'email', operator: 'ends-with', values: ['@shop.example'] }]],
  })
  await post('webhooks', { name: 'Deploy channel', url: 'https://hooks.example.com/tackline' })
  const report = { runner: 'runner-1', startedAt: now - 240_000, failures: [], everyMs: 300_000 }
  for (const [job, durationMs] of [
    ['experiments', 8_420],
    ['operations', 310],
    ['compact', 41_300],
  ] as const)
    await put(admin, `${path}/jobs/${job}`, { ...report, durationMs })
  await put(admin, `${path}/jobs/retain`, {
    ...report,
    startedAt: now - 3 * dayMs,
    durationMs: 1_200,
    failures: ['The lake could not be listed: the bucket answered 503.'],
  })
}

async function seedExperiments(admin: Admin, path: string, now: number): Promise<void> {
  const post = (to: string, body: unknown) => call(admin, 'POST', `${path}/${to}`, body)
  const run = async (id: string, name: string, flag: string, arms: readonly string[], shown: Shown) => {
    const { days, usersPerDay, goals, design = {}, weeks = 3 } = shown
    const startAt = now - days * dayMs - hourMs
    const stopAt = startAt + weeks * 7 * dayMs
    const ids = arms.map((arm) => `${flag}-${arm}`)
    await post('experiments', {
      id,
      name,
      flagKey: flag,
      goalKeys: goals.map(({ key }) => key),
      baselineVariationId: ids[0],
      startAt,
      stopAt,
      design,
      owner: 'checkout team',
      ...(shown.hypothesis && { hypothesis: shown.hypothesis }),
    })
    const experiment: ShownExperiment = {
      startAt,
      stopAt,
      days,
      arms: ids.map((arm, k) => ({ id: arm, usersPerDay: usersPerDay[k]!, weight: 1 })),
      goals,
      design,
    }
    for (const result of await resultsOf(experiment)) await post(`experiments/${id}/results`, result)
  }
  await run('express-pay', 'Express pay against classic', 'express-pay', ['classic', 'express', 'wallet'], {
    days: 12,
    usersPerDay: [5_117, 5_117, 5_117],
    hypothesis: 'Fewer steps at the till bring more completed orders.',
    design: {
      lowerIsBetter: ['payment-error', 'refund'],
      guardrails: ['payment-error', 'refund'].map((goalKey) => ({ goalKey, margin: { relative: 0.2 } })),
      minimumDays: 7,
      minimumEffect: 0.03,
      equivalence: 0.03,
    },
    goals: [
      { key: 'order', rates: [0.1124, 0.1159, 0.1236] },
      {
        key: 'revenue',
        rates: [0.1124, 0.1142, 0.118],
        values: [77, 77, 77],
        metric: { kind: 'value', cap: 400 },
      },
      { key: 'payment-error', rates: [0.0208, 0.0206, 0.0209] },
      { key: 'refund', rates: [0.019, 0.0187, 0.0196] },
    ],
  })
  await run('hero', 'Hero on the home page', 'hero', ['photo', 'video'], {
    days: 9,
    usersPerDay: [4_000, 3_620],
    goals: [{ key: 'order', rates: [0.09, 0.092] }],
  })
  await run('annual-plan', 'Annual plan preselected', 'annual-plan', ['monthly', 'annual'], {
    days: 4,
    usersPerDay: [610, 604],
    weeks: 4,
    design: { decision: 'fixed-horizon', minimumEffect: 0.1 },
    goals: [{ key: 'sign-up', rates: [0.061, 0.064] }],
  })
  await run('gift-cards', 'Gift cards in the basket', 'gift-cards', ['without', 'with'], {
    days: 1,
    usersPerDay: [3, 2],
    goals: [{ key: 'order', rates: [0, 0.2] }],
  })
  await post('experiments', {
    id: 'banner-words',
    name: 'Words of the banner',
    flagKey: 'new-checkout',
    goalKeys: ['order'],
    baselineVariationId: 'checkout-classic',
    status: 'draft',
  })
}

interface Shown {
  readonly days: number
  readonly usersPerDay: readonly number[]
  readonly goals: readonly ShownGoal[]
  readonly design?: ShownExperiment['design']
  readonly weeks?: number
  readonly hypothesis?: string
}

async function seedOperations(post: (to: string, body: unknown) => Promise<unknown>, now: number) {
  await post('progressive-rollouts', {
    id: 'semantic-ranking',
    name: 'Semantic ranking',
    flagKey: 'search-ranking',
    variationId: 'search-ranking-semantic',
    fromVariationId: 'search-ranking-keyword',
    steps: [5_000, 20_000, 50_000, 100_000].map((weight) => ({ weight, holdMs: dayMs, approval: false })),
  })
  await post('progressive-rollouts', {
    id: 'passkeys',
    name: 'Sign in with passkeys',
    flagKey: 'passkeys',
    variationId: 'passkeys-passkey',
    fromVariationId: 'passkeys-password',
    steps: [10_000, 40_000, 100_000].map((weight) => ({ weight, holdMs: 2 * dayMs, approval: true })),
  })
  await post('progressive-rollouts/passkeys/pause', undefined)
  await post('dynamic-allocations', {
    id: 'headline',
    name: 'Headline of the week',
    flagKey: 'headline',
    goalKey: 'order',
  })
  await post('schedules', {
    id: 'banner-on',
    name: 'Banner for the weekend',
    flagKey: 'welcome-banner',
    changes: { enabled: false },
    at: now + 2 * dayMs + 5 * hourMs,
  })
  await post('schedules', {
    id: 'hero-off',
    name: 'Hero off',
    flagKey: 'hero',
    changes: { description: 'Off for the sale.' },
    at: now + 4 * dayMs,
  })
  const { entity } = (await post('operations', {
    id: 'keep-orders',
    kind: 'event-rate',
    flagKey: 'express-pay',
    variationId: 'express-pay-wallet',
    baselineVariationId: 'express-pay-classic',
    goalKey: 'payment-error',
    comparison: 'at-least',
    threshold: 0.02,
    minimumUsers: 200,
  })) as { entity: { countingFrom: number } }
  await post('operation-looks', {
    looks: [{ operationId: 'keep-orders', look: { ...lookOf(now), countingFrom: entity.countingFrom } }],
  })
  await post('triggers', {
    id: 'alert-search',
    name: 'Alert of the search team',
    flagKey: 'fast-search',
    action: 'turn-off',
  })
}

const lookOf = (now: number) => ({
  at: now - 120_000,
  countingFrom: now,
  from: now - dayMs,
  until: now,
  state: 'watching',
  exposedUsers: 5_230,
  goalUsers: 118,
  baselineUsers: 5_198,
  baselineGoalUsers: 109,
  waitingUsers: 210,
  verifiedUsers: 9_500,
  unverifiedUsers: 928,
  usersOverLimit: 0,
  evidence: 3.4,
  needed: 20,
  distance: Math.log(3.4 / 20),
})

const usersMet = 60

/** Users who ask for a flag and then buy, so that there is something to see of events. */
export async function meetUsers(url: string, clientKey: string): Promise<void> {
  const events = Array.from({ length: usersMet }, (_, i) => {
    const context = { targetingKey: `user-${i}`, country: i % 3 === 0 ? 'DE' : 'FR' }
    const variationId = `checkout-${i % 2 === 0 ? 'classic' : 'express'}`
    return [
      { kind: 'exposure', flagKey: 'new-checkout', variationId, context },
      ...(i % 4 === 0 ? [{ kind: 'goal', name: 'purchase', value: 20 + i, context }] : []),
    ]
  }).flat()
  const response = await fetch(`${url}/ofrep/v1/track`, {
    method: 'POST',
    headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey: 'nobody' }, events }),
  })
  if (!response.ok) throw new Error(`track: ${response.status} ${await response.text()}`)
}

/** `call` has no PUT, which only the runner uses. */
async function put({ url, token }: Admin, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`)
}
