// All routes that read a body, each with a valid body.

export type Dialect = 'bucketeer' | 'flagship-io' | 'ofrep' | 'admin'

export interface Route {
  readonly dialect: Dialect
  readonly method: 'POST' | 'PUT' | 'PATCH'
  readonly path: string
  readonly body: object
  /** The role of the key; `client` by default. */
  readonly role?: 'server'
  /** How long its body may be, if that is more than elsewhere. */
  readonly bodyBytesMax?: number
}

/** Of what a backup sends. */
const pageBytesMax = 32 * 1_024 * 1_024

export const goalEvent = (now: number, changes: object = {}) => ({
  '@type': 'type.googleapis.com/bucketeer.event.client.GoalEvent',
  timestamp: Math.floor(now / 1_000),
  goalId: 'purchase',
  userId: 'ada',
  user: { id: 'ada', data: { plan: 'pro' } },
  value: 5,
  ...changes,
})

const exposureEvent = {
  '@type': 'type.googleapis.com/bucketeer.event.client.EvaluationEvent',
  featureId: 'title',
  featureVersion: 1,
  variationId: 'word-a',
  reason: { type: 'RULE', ruleId: 'r' },
}

const metricsEvent = {
  '@type': 'type.googleapis.com/bucketeer.event.client.MetricsEvent',
  event: { '@type': 'type.googleapis.com/bucketeer.event.client.LatencyMetricsEvent', latencySecond: 0.1 },
}

/** `now` is the server's clock, in epoch milliseconds. */
export const dataRoutes = (environmentId: string, now: number): Route[] => [
  {
    dialect: 'bucketeer',
    method: 'POST',
    path: '/get_evaluations',
    body: { user: { id: 'ada', data: { plan: 'pro' } }, tag: 'web', userEvaluationsId: '', sourceId: 7 },
  },
  {
    dialect: 'bucketeer',
    method: 'POST',
    path: '/get_evaluation',
    body: { user: { id: 'ada', data: { plan: 'pro' } }, tag: 'web', featureId: 'title' },
  },
  {
    dialect: 'bucketeer',
    method: 'POST',
    path: '/get_feature_flags',
    role: 'server',
    body: { tag: 'web', featureFlagsId: '', requestedAt: 0, sourceId: 6, sdkVersion: '0.4.6' },
  },
  {
    dialect: 'bucketeer',
    method: 'POST',
    path: '/get_segment_users',
    role: 'server',
    body: { segmentIds: ['staff'], requestedAt: 0, sourceId: 6, sdkVersion: '0.4.6' },
  },
  {
    dialect: 'bucketeer',
    method: 'POST',
    path: '/register_events',
    body: {
      events: [{}, exposureEvent, metricsEvent].map((changes, i) => ({
        id: `event-${i}`,
        event: goalEvent(now, changes),
      })),
      sdkVersion: '2.6.1',
      sourceId: 7,
    },
  },
  {
    dialect: 'flagship-io',
    method: 'POST',
    path: `/v2/${environmentId}/campaigns`,
    body: { visitor_id: 'ada', context: { plan: 'pro', visits: 3 }, trigger_hit: true },
  },
  {
    dialect: 'flagship-io',
    method: 'POST',
    path: `/v2/${environmentId}/flags`,
    body: { visitorId: 'ada', anonymousId: null, context: { plan: 'pro' }, visitor_consent: true },
  },
  {
    dialect: 'flagship-io',
    method: 'POST',
    path: `/v2/${environmentId}/campaigns/title`,
    body: { visitor_id: 'ada', context: { plan: 'pro' }, decision_group: 'home', format_response: true },
  },
  {
    dialect: 'flagship-io',
    method: 'POST',
    path: `/v2/${environmentId}/events`,
    body: { visitorId: 'ada', type: 'CONTEXT', data: { plan: 'pro' } },
  },
  {
    dialect: 'flagship-io',
    method: 'POST',
    path: '/v2/activate',
    body: { cid: environmentId, batch: [{ vid: 'ada', caid: 'title-default', vaid: 'word-a', qt: 1 }] },
  },
  {
    dialect: 'flagship-io',
    method: 'POST',
    path: '/',
    body: {
      cid: environmentId,
      ds: 'APP',
      t: 'BATCH',
      qt: 1,
      h: [{ vid: 'ada', cuid: null, t: 'EVENT', ea: 'bought', ev: 1, qt: 5 }],
    },
  },
  {
    dialect: 'ofrep',
    method: 'POST',
    path: '/ofrep/v1/evaluate/flags',
    body: { context: { targetingKey: 'ada', plan: 'pro' } },
  },
  {
    dialect: 'ofrep',
    method: 'POST',
    path: '/ofrep/v1/evaluate/flags/title',
    body: { context: { targetingKey: 'ada', plan: 'pro' } },
  },
  {
    dialect: 'ofrep',
    method: 'POST',
    path: '/ofrep/v1/track',
    body: {
      context: { targetingKey: 'ada', plan: 'pro' },
      events: [
        {
          kind: 'goal',
          id: '1',
          name: 'purchase',
          value: 5,
          timestamp: now,
          attributes: { currency: 'EUR' },
        },
        { kind: 'exposure', flagKey: 'title', variationId: 'word-a', context: { targetingKey: 'bob' } },
        { kind: 'exposure', exposureToken: 'WyJ0aXRsZSIsMV0.AAAA' },
      ],
    },
  },
]

const flagDraft = {
  key: 'another',
  type: 'json',
  bundle: true,
  variations: [{ id: 'a', value: '{"colour":"red"}' }],
  rules: [
    {
      anyOf: [[{ attribute: 'plan', operator: 'in', values: ['pro'] }]],
      strategy: { kind: 'rollout', shares: [{ variationId: 'a', weight: 50_000 }] },
    },
  ],
  targets: [{ variationId: 'a', targetingKeys: ['ada'] }],
  prerequisites: [{ flagKey: 'lights', variationId: 'on' }],
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'a' } },
}

const rate = { mean: 0.1, sd: 0.01, q025: 0.08, median: 0.1, q975: 0.12 }
const result = {
  goalKey: 'purchase',
  baselineVariationId: 'word-a',
  computedAt: 1,
  window: { from: 0, to: 1 },
  inputHash: 'a'.repeat(64),
  prior: { alpha: 1, beta: 1 },
  engine: { kind: 'exact', method: 'beta-binomial quadrature' },
  variations: [
    {
      variationId: 'word-a',
      users: 10,
      conversions: 1,
      rate,
      probabilityBest: 1,
      probabilityBeatsBaseline: 0,
      expectedLoss: 0,
      uplift: null,
    },
  ],
  health: { status: 'green', checks: [{ name: 'sample-ratio', status: 'passed', detail: 'As planned.' }] },
  verdict: { kind: 'undecided', reason: 'Too early.' },
}

/** The experiment and the operation are called `one`. */
export function adminRoutes(environmentId: string): Route[] {
  const post = (path: string, body: object): Route => ({ dialect: 'admin', method: 'POST', path, body })
  const at = (path: string) => `/api/v1/environments/${environmentId}${path}`
  return [
    post('/api/v1/environments', { id: 'third', name: 'Third' }),
    post('/api/v1/organisations/default/tokens', { name: 'reader', role: 'viewer' }),
    post(at('/flags'), flagDraft),
    {
      dialect: 'admin',
      method: 'PATCH',
      path: at('/flags/title'),
      body: { name: 'Heading', enabled: true, version: 1, tags: ['web'], offVariationId: 'word-b' },
    },
    post(at('/segments'), {
      key: 'staff',
      included: ['ada'],
      anyOf: [[{ attribute: 'mail', operator: 'ends-with', values: ['@shop.example'] }]],
    }),
    post(at('/goals'), { key: 'signup', name: 'Sign-up', event: 'signed-up' }),
    post(at('/experiments'), {
      name: 'Which word',
      flagKey: 'split',
      goalKeys: ['purchase'],
      baselineVariationId: 'word-a',
    }),
    post(at('/experiment-plan'), {
      baselineRate: 0.05,
      effect: { relative: 0.1 },
      usersPerDay: 1_000,
      shares: [2, 1],
      power: 0.8,
    }),
    {
      dialect: 'admin',
      method: 'PUT',
      path: at('/jobs/compact'),
      body: { runner: 'here', startedAt: 1, durationMs: 2, failures: ['Why.'], everyMs: 60_000 },
    },
    post(at('/experiments/one/freeze'), {}),
    post(at('/experiments/one/stop'), {}),
    post(at('/experiments/one/results'), result),
    post(at('/operations'), {
      kind: 'event-rate',
      flagKey: 'title',
      variationId: 'word-a',
      goalKey: 'purchase',
      comparison: 'at-least',
      threshold: 0.2,
      minimumUsers: 1,
    }),
    post(at('/schedules'), {
      flagKey: 'title',
      changes: { enabled: false },
      repeat: { every: 'week', days: ['monday'], time: '09:00', timeZone: 'Europe/Paris' },
    }),
    post(at('/progressive-rollouts'), {
      flagKey: 'title',
      variationId: 'word-b',
      fromVariationId: 'word-a',
      template: { increment: 10_000, holdMs: 3_600_000 },
    }),
    post(at('/progressive-rollouts/one/confirm'), {
      stepAt: 1,
      until: 2,
      users: 3,
      verifiedUsers: 0,
      unverifiedUsers: 3,
      usersOverLimit: 0,
      guardrails: [],
    }),
    post(at('/dynamic-allocations'), { flagKey: 'title', goalKey: 'purchase' }),
    post(at('/dynamic-allocations/one/move'), {
      until: 2,
      phases: [{ startAt: 1, arms: { 'word-a': { users: 1, goals: 0 } } }],
    }),
    post(at('/dynamic-allocation-looks'), {
      looks: [
        {
          allocationId: 'one',
          look: { at: 2, until: 1, arms: [{ variationId: 'word-a', users: 1, goals: 0, chance: 1 }] },
        },
      ],
    }),
    post(at('/layers'), { name: 'Checkout' }),
    post(at('/layers/one/allot'), { flagKey: 'split', slices: 2_500, outsideVariationId: 'word-a' }),
    post(at('/layers/one/release'), { flagKey: 'split' }),
    post(at('/holdouts'), { name: 'This year', slices: 500, goalKeys: ['purchase'] }),
    post(at('/holdout-looks'), {
      looks: [{ holdoutId: 'one', look: { at: 1, sampleRatio: 'too-early', goals: [] } }],
    }),
    post(at('/holdouts/one/release'), { flagKey: 'split' }),
    { dialect: 'admin', method: 'PUT', path: at('/leases/operations'), body: { holder: 'here', forMs: 1 } },
    post(at('/operations/one/apply'), { exposedUsers: 10, goalUsers: 5 }),
    post(at('/sdk-keys'), { role: 'client', name: 'app' }),
    {
      ...post(`/api/v1/backup/environments/${environmentId}`, {
        entities: [{ kind: 'goal', id: 'purchase', value: { key: 'purchase' } }],
      }),
      bodyBytesMax: pageBytesMax,
    },
    {
      ...post('/api/v1/backup/tables/projects', {
        rows: [{ id: 'shop', organisation_id: 'default', name: 'Shop' }],
      }),
      bodyBytesMax: pageBytesMax,
    },
    post('/api/v1/backup/assignments/absent?shard=1', { assignments: [['visitor:ada', 'rule', 'on']] }),
  ]
}
