// The files of a result for somebody who has neither the system nor its lake: what was counted, what it was
// computed from, what it says, and how to compute it again. Text by name; who writes them adds what it has.
import type { StoredResult } from '../model/stored-result.ts'
import { toCsv } from './csv.ts'
import { intervalFigure } from './interval-figure.ts'

export interface BundleSubject {
  readonly environmentId: string
  readonly experimentId: string
  readonly result: StoredResult
}

/** `more`: further files, such as statements and models, which the README lists as well. */
export function bundleFiles(
  subject: BundleSubject,
  more: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const { result } = subject
  const {
    provenance,
    variations,
    comparisons = [],
    guardrails = [],
    breakdowns = [],
    interactions = [],
  } = result
  const files = new Map<string, string>()
  files.set('result.json', asJson(result))
  if (provenance) files.set('evidence.json', asJson(provenance.evidence))
  files.set(
    'variations.csv',
    toCsv(
      ['variationId', 'users', 'conversions', 'observed', 'mean', 'q025', 'q975', 'probabilityBest'],
      variations.map(({ variationId, users, conversions, value, rate, probabilityBest }) => {
        const posterior = value?.posterior ?? rate
        const observed = value ? value.observed : users > 0 ? conversions / users : null
        const { mean = null, q025 = null, q975 = null } = posterior ?? {}
        return [variationId, users, conversions, observed, mean, q025, q975, probabilityBest]
      }),
    ),
  )
  const estimates = ['estimate', 'low', 'high']
  files.set(
    'comparisons.csv',
    toCsv(
      [
        'variationId',
        'outcome',
        ...['difference', 'relative'].flatMap((scale) => estimates.map((name) => `${scale}_${name}`)),
        'evidence',
      ],
      comparisons.map(({ variationId, outcome, difference, relative, evidence }) => [
        variationId,
        outcome,
        ...[difference, relative].flatMap((one) => [
          one?.estimate ?? null,
          one?.low ?? null,
          one?.high ?? null,
        ]),
        evidence,
      ]),
    ),
  )
  if (breakdowns.length > 0)
    files.set(
      'segments.csv',
      toCsv(
        [
          'attribute',
          'value',
          'variationId',
          'users',
          'conversions',
          'observed',
          ...estimates.map((name) => `pooled_${name}`),
        ],
        breakdowns.flatMap(({ attribute, segments }) =>
          segments.flatMap((segment) =>
            segment.variations.map(({ variationId, users, conversions }) => {
              const { observed = null, pooled } =
                segment.comparisons.find((one) => one.variationId === variationId) ?? {}
              const { estimate = null, low = null, high = null } = pooled ?? {}
              const value = segment.value ?? '(all others)'
              return [attribute, value, variationId, users, conversions, observed, estimate, low, high]
            }),
          ),
        ),
      ),
    )
  if (interactions.length > 0)
    files.set(
      'interactions.csv',
      toCsv(
        ['experimentId', 'outcome', 'variationId', 'otherVariationId', 'users', 'conversions'],
        interactions.flatMap(({ experimentId, outcome, cells }) =>
          cells.map(({ variationId, otherVariationId, users, conversions }) => [
            experimentId,
            outcome,
            variationId,
            otherVariationId,
            users,
            conversions,
          ]),
        ),
      ),
    )
  if (guardrails.length > 0)
    files.set(
      'guardrails.csv',
      toCsv(
        ['goalKey', 'variationId', 'outcome', 'estimate', 'worst'],
        guardrails.map((one) => [one.goalKey, one.variationId, one.outcome, one.estimate, one.worst]),
      ),
    )
  const figure = intervalFigure(result)
  if (figure !== undefined) files.set('figure.svg', figure)
  for (const [name, text] of more) files.set(name, text)
  files.set('README.md', readme(subject, [...files.keys()]))
  return files
}

const asJson = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`

/** Of the file itself, as a name that sorts by time: `button-purchase-20261129T100000Z.zip`. */
export function bundleName({ experimentId, result }: BundleSubject): string {
  const time = new Date(result.computedAt).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return `${experimentId}-${result.goalKey}-${time}.zip`.replaceAll(/[^A-Za-z0-9._-]/g, '_')
}

const meanings: Record<string, string> = {
  'result.json': 'the result as it is stored: figures, health, verdict, where it comes from',
  'evidence.json':
    'what the figures were computed from: counts, sums, rule, prior, seed (others: interactions.csv)',
  'variations.csv': 'each variation: who was counted, what was observed, the estimate',
  'comparisons.csv': 'each arm against the baseline; the intervals hold at all looks together',
  'segments.csv': 'users and conversions of each segment, and its lift drawn towards the others',
  'interactions.csv': 'users and conversions by the variations of other experiments that they are in',
  'guardrails.csv': 'each guardrail of each arm',
  'figure.svg': 'the intervals, drawn',
}

function readme({ environmentId, experimentId, result }: BundleSubject, names: readonly string[]): string {
  const { goalKey, computedAt, window, inputHash, engine, statistics, health, verdict, provenance } = result
  const reason = 'reason' in verdict && typeof verdict.reason === 'string' ? `: ${verdict.reason}` : ''
  const at = (time: number) => new Date(time).toISOString()
  const facts = [
    ['Counted', `${at(window.from)} to ${at(window.to)}`],
    ['Computed', at(computedAt)],
    ['Verdict', `${verdict.kind}${reason}`],
    ['Health', health.status],
    ['Input', `\`${inputHash}\` (SHA-256)`],
    ['Engine', engineText(engine)],
    ['Statistics', `release ${statistics ?? 'not said'}`],
    ...(provenance
      ? [
          ['Tackline', `release ${provenance.release}`],
          ['Statements', `\`${provenance.sqlSha256}\` (SHA-256 of analytics/sql/counting)`],
        ]
      : []),
  ]
  return [
    `# ${experimentId}, ${goalKey}`,
    '',
    ...facts.map(([name, text]) => `- **${name}**: ${text}`),
    '',
    '## Files',
    '',
    ...names.map((name) => `- \`${name}\`: ${meanings[name] ?? meaningOf(name)}`),
    '',
    '## To compute it again',
    '',
    provenance
      ? 'With access to the lake, this counts the events as they were and compares every digit:'
      : 'An earlier release computed it and did not store what it was computed from, so it cannot be replayed.',
    ...(provenance
      ? [
          '',
          '```sh',
          `npm run batch -- replay '${experimentId}/${goalKey}@${computedAt}' --environment ${environmentId}`,
          '```',
        ]
      : []),
    '',
    'The formulas are in docs/statistics.md of Tackline. No user is in these files: they hold counts and sums.',
    '',
  ].join('\n')
}

const meaningOf = (name: string) =>
  name.endsWith('.sql') ? 'a part of the statements that count' : 'the model that was sampled'

function engineText(engine: StoredResult['engine']): string {
  const { kind, method, model, modelSha256, stanVersion, seed } = engine as Record<string, unknown>
  return kind === 'exact'
    ? `closed form, ${String(method)}`
    : `${String(kind)} ${String(stanVersion)}, model ${String(model)} \`${String(modelSha256)}\`, seed ${String(seed)}`
}
