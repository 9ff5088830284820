// How a result was computed: what it takes to judge it and to compute it again.
import { Download } from 'lucide-react'
import type { GoalMetric } from '../../../core/model/goal-metric.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { askFile, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { utcMoment } from '../messages/catalogue.ts'
import { figure, rate } from '../messages/figures.ts'
import { experiments } from '../messages/experiments.ts'
import { results as words } from '../messages/results.ts'
import { computed as text } from '../messages/computed.ts'
import { Button } from '../ui/button.tsx'
import { CodeBlock, type Fact, Facts } from '../ui/report.tsx'
import { saveFile } from '../ui/save-file.ts'
import css from './detail.module.css'
import type { Names } from './names.ts'
import { priorFacts } from './prior-facts.ts'

interface ComputedProps {
  readonly experimentId: string
  readonly result: StoredResult
  readonly names: Names
}

export function Computed({ experimentId, result, names }: ComputedProps) {
  const environment = useEnvironmentId()
  const subject = `${experimentId}/${result.goalKey}`
  const download = async () => {
    const path = pathOf(environment, 'experiments', experimentId, 'results', result.goalKey, 'bundle')
    const file = await askFile(path, { query: { computedAt: result.computedAt } })
    saveFile(`${experimentId}-${result.goalKey}.zip`, file)
  }
  const { window, computedAt, inputHash, statistics, decision } = result
  const facts: (Fact | false)[] = [
    [text.window, `${utcMoment(window.from)} ${words.to} ${utcMoment(window.to)}`],
    [text.computedAt, utcMoment(computedAt)],
    ...metricFacts(result),
    ...trustFacts(result, names),
    ...(decision ? [[experiments.form.decision, wordOf(words.decisions, decision.kind)] as const] : []),
    ...engineFacts(result),
    ...priorFacts(result, names),
    [text.input, <code key="hash">{inputHash}</code>],
    ...(statistics ? [[text.release, text.releaseText(statistics)] as const] : []),
  ]
  return (
    <div className={css['computed']}>
      <h3>
        {names.goal(result.goalKey)}
        <Button small onClick={() => void download()}>
          <Download size={13} aria-hidden />
          {text.download}
        </Button>
      </h3>
      <Facts wide facts={facts} />
      <p className={css['quiet']}>{text.replay}</p>
      <CodeBlock
        label={text.replay}
        text={`npm run batch -- replay '${subject}@${new Date(result.computedAt).toISOString()}' --environment ${environment}`}
      />
    </div>
  )
}

const wordOf = (known: Readonly<Record<string, string>>, kind: string): string => known[kind] ?? kind

function engineFacts({ engine }: StoredResult): Fact[] {
  if (engine.kind === 'exact') return [[text.engine, text.exact((engine as { method: string }).method)]]
  if (engine.kind !== 'cmdstan' && engine.kind !== 'stan-native') return [[text.engine, engine.kind]]
  const { kind, stanVersion, model, modelSha256, chains, warmup, draws, host, ...rest } = engine as Sampler
  const { rhatMax, essBulkMin, essTailMin, divergences, maxTreedepthHits, seed } = rest
  return [
    [text.engine, `${kind} ${stanVersion}${host ? `, ${host}` : ''}`],
    [
      text.model,
      <span key="model">
        {model} <code>{modelSha256}</code>
      </span>,
    ],
    [text.chains, text.chainsText(chains, draws, warmup)],
    [text.rhat, `≤ ${rhatMax.toFixed(4)}`],
    [text.ess, text.essText(Math.floor(essBulkMin), Math.floor(essTailMin))],
    [text.divergences, `${divergences}${maxTreedepthHits > 0 ? text.treedepth(maxTreedepthHits) : ''}`],
    [text.seed, String(seed)],
  ]
}

type Sampler = Extract<StoredResult['engine'], { stanVersion: string }>

function metricFacts({ metric }: StoredResult): Fact[] {
  if (!metric) return []
  const { event, adjustment, high, notes } = metric
  const definition = metric.definition as GoalMetric
  const parts = [
    `${wordOf(words.metric, definition.kind)}: ${event}`,
    definition.kind === 'ratio' && text.per(definition.denominator.event),
    'cap' in definition && definition.cap !== undefined && text.cap(figure(definition.cap)),
    'windowDays' in definition &&
      definition.windowDays !== undefined &&
      text.windowDays(definition.windowDays),
    'minimumAgeDays' in definition &&
      definition.minimumAgeDays !== undefined &&
      text.ageDays(definition.minimumAgeDays),
    definition.kind === 'retention' && text.day(definition.day),
    definition.kind === 'funnel' && [...definition.steps, event].join(' → '),
  ].filter(Boolean)
  return [
    [text.metric, parts.join(', ')],
    ...(adjustment === undefined ? [] : [[text.adjustment, adjustmentText(adjustment)] as const]),
    ...(high === null ? [] : [[text.high, figure(high)] as const]),
    ...(notes.length > 0 ? [[text.notes, notes.join(' ')] as const] : []),
  ]
}

const adjustmentText = (adjustment: NonNullable<StoredResult['metric']>['adjustment']): string =>
  adjustment ? text.adjusted(rate(adjustment.varianceLeft), rate(adjustment.rhoSquared)) : text.notAdjusted

function trustFacts({ trust }: StoredResult, names: Names): Fact[] {
  if (!trust) return []
  const { counts, unitAttribute, usersWithoutUnit, variations } = trust
  const unit = `${unitAttribute || words.targetingKey}${usersWithoutUnit > 0 ? `; ${text.withoutUnit(usersWithoutUnit)}` : ''}`
  return [
    [words.facts.unit, unit],
    [words.facts.events, wordOf(words.counts, counts)],
    [
      text.trust,
      variations
        .map(({ variationId, verifiedUsers, unverifiedUsers }) =>
          text.trustText(names.variation(variationId), verifiedUsers, unverifiedUsers),
        )
        .join('; '),
    ],
  ]
}
