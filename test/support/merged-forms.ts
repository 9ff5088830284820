// Every form that is merged with what a colleague stored meanwhile: what it is of, what is typed in it, and
// what the colleague changes. The flags and goals that it names are there.

const hourMs = 3_600_000
const stepsTo = (...weights: number[]) =>
  weights.map((weight) => ({ weight, holdMs: hourMs, approval: false }))

interface MergedForm {
  readonly kind: string
  /** By a colleague. */
  readonly made: () => Promise<unknown>
  readonly at: string
  readonly page: string
  readonly opens: string
  readonly verb?: string
  readonly typed: readonly [label: string, text: string]
  readonly mine: object
  /** Of another field than mine. */
  readonly theirs: object
}
/** `post` creates what belongs to the environment. `tomorrow`: in epoch milliseconds. */
export const mergedForms = (
  post: (to: string, body: object) => Promise<unknown>,
  tomorrow: number,
): readonly MergedForm[] => [
  {
    kind: 'goal',
    made: () => post('goals', { key: 'sale', name: 'Sale' }),
    at: 'goals/sale',
    page: 'goals/sale',
    opens: 'Edit goal',
    typed: ['Name', 'Sales'],
    mine: { name: 'Sales' },
    theirs: { event: 'sold' },
  },
  {
    kind: 'layer',
    made: () => post('layers', { id: 'till', name: 'Till' }),
    at: 'layers/till',
    page: 'layers',
    opens: 'Edit: Till',
    typed: ['Name', 'The till'],
    mine: { name: 'The till' },
    theirs: { description: 'One at a time.' },
  },
  {
    kind: 'holdout',
    made: () =>
      post('holdouts', { id: 'year', name: 'Year', slices: 500, flagKeys: ['second'], goalKeys: ['order'] }),
    at: 'holdouts/year',
    page: 'holdouts',
    opens: 'Edit: Year',
    typed: ['Name', 'The year'],
    mine: { name: 'The year' },
    theirs: { description: 'Of all that we do.' },
  },
  {
    kind: 'kill switch',
    made: () =>
      post('operations', {
        id: 'brake',
        kind: 'event-rate',
        flagKey: 'first',
        variationId: 'new',
        goalKey: 'order',
        comparison: 'at-least',
        threshold: 0.05,
        minimumUsers: 100,
      }),
    at: 'operations/brake',
    page: 'operations?view=switches',
    opens: 'Edit: brake',
    typed: ['Not with fewer users than', '300'],
    mine: { minimumUsers: 300 },
    theirs: { threshold: 0.2 },
  },
  {
    kind: 'scheduled change',
    made: () =>
      post('schedules', {
        id: 'night',
        name: 'Night',
        flagKey: 'plain',
        at: tomorrow,
        changes: { name: 'Moon' },
      }),
    at: 'schedules/night',
    page: 'operations?view=schedules',
    opens: 'Edit: Night',
    typed: ['Name', 'The night'],
    mine: { name: 'The night' },
    theirs: { changes: { name: 'Stars', enabled: true } },
  },
  {
    kind: 'progressive rollout',
    made: () =>
      post('progressive-rollouts', {
        id: 'grow',
        name: 'Grow',
        flagKey: 'plain',
        variationId: 'new',
        fromVariationId: 'old',
        startAt: tomorrow,
        steps: stepsTo(1_000, 50_000),
      }),
    at: 'progressive-rollouts/grow',
    page: 'operations?view=rollouts',
    opens: 'Edit: Grow',
    typed: ['Name', 'Grow slowly'],
    mine: { name: 'Grow slowly' },
    theirs: { steps: stepsTo(2_000, 10_000, 50_000) },
  },
  {
    kind: 'dynamic allocation',
    made: () => post('dynamic-allocations', { id: 'best', name: 'Best', flagKey: 'third', goalKey: 'order' }),
    at: 'dynamic-allocations/best',
    page: 'operations?view=allocations',
    opens: 'Edit: Best',
    typed: ['Name', 'The best'],
    mine: { name: 'The best' },
    theirs: { minimumUsers: 400 },
  },
  {
    kind: 'trigger',
    made: () => post('triggers', { id: 'stop', name: 'Stop', flagKey: 'first', action: 'turn-off' }),
    at: 'triggers/stop',
    page: 'operations?view=triggers',
    opens: 'Edit: Stop',
    typed: ['Name', 'Stop it'],
    mine: { name: 'Stop it' },
    theirs: { action: 'turn-on' },
  },
  {
    kind: 'webhook',
    made: () =>
      post('webhooks', {
        id: 'hook',
        name: 'Hook',
        url: 'https://hooks.example/a',
        events: ['flag.updated'],
      }),
    at: 'webhooks/hook',
    page: 'webhooks',
    opens: 'Edit: Hook',
    typed: ['Name', 'The hook'],
    mine: { name: 'The hook' },
    theirs: { url: 'https://hooks.example/b' },
  },
  {
    kind: 'experiment',
    made: () =>
      post('experiments', {
        id: 'draft',
        name: 'Draft',
        status: 'draft',
        flagKey: 'first',
        goalKeys: ['order'],
        baselineVariationId: 'old',
      }),
    at: 'experiments/draft',
    page: 'experiments/draft',
    opens: 'Edit draft',
    verb: 'Save draft',
    typed: ['Name', 'The draft'],
    mine: { name: 'The draft' },
    theirs: { hypothesis: 'More people buy.' },
  },
  {
    kind: 'environment',
    made: () => Promise.resolve(),
    at: '',
    page: 'environments',
    opens: 'Edit: Merge',
    verb: 'Save environment',
    typed: ['Name', 'Merging'],
    mine: { name: 'Merging' },
    theirs: { description: 'Where two meet.' },
  },
]
