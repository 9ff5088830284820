// Computes a stored result again: from the facts that are stored with it, and from the lake as it was. Says
// whether both give it to the digit, and if not, what differs.
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { experimentQuestion, type Question, withCopies } from '../counting/question.ts'
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Provenance } from '../../core/model/provenance.ts'
import type { AdminApi } from '../admin-api.ts'
import { countEmbedded } from '../counting/counts.ts'
import { addUp, countMetric, metricQuestion, metricWindow } from '../counting/metric-counts.ts'
import { openProjections } from '../counting/projections.ts'
import { projectedRecords } from '../counting/projected-records.ts'
import { recordsInPlace } from '../counting/records-in-place.ts'
import { countSegments, toSegments } from '../counting/segment-counts.ts'
import { variationsOf } from '../counting/answers.ts'
import { type Failure, fail } from '../failure.ts'
import type { LakeCache, RecordFiles } from '../lake/cache.ts'
import type { ClickHouse } from '../lake/clickhouse.ts'
import { onDisk } from '../lake/record-source.ts'
import { differencesOf, type Reproduction } from '../reproduce/differences.ts'
import { EvidenceRecord, fromEvidenceRecord, toEvidenceRecord } from '../reproduce/evidence-record.ts'
import { lakeAsOf } from '../reproduce/lake-as-of.ts'
import { countingDigest, releaseOf } from '../reproduce/sql-files.ts'
import type { ResultReference } from '../reproduce/reference.ts'
import { storedResult } from '../reproduce/stored-result.ts'
import type { RunEvent } from '../run-event.ts'
import type { Engine } from '../statistics/fit.ts'
import { conclude, statisticsRelease } from '../statistics/conclude.ts'
import type { ExactSums } from '../statistics/exact-sums.ts'
import { overlapOf } from '../statistics/interaction.ts'
import type { EnvironmentVariables } from '../stan/engine.ts'
import { engineAsThen } from '../reproduce/engine-as-then.ts'
import { damageOf, seedOf, toTrust } from './conclude-experiments.ts'
import { toCounts } from './plan-experiment.ts'

export interface ReplayContext {
  readonly api: AdminApi
  /** With the time of the result as its own. */
  readonly lakeAt: (asOf: number) => LakeCache
  readonly clickHouse: ClickHouse
  readonly variables: EnvironmentVariables
  readonly onEvent: (event: RunEvent) => void
}

export async function replayResult(
  environmentId: string,
  reference: ResultReference,
  context: ReplayContext,
): Promise<void> {
  const { experimentId, goalKey } = reference
  const subject = `${environmentId}/${experimentId}/${goalKey}`
  const replayed = await replay(environmentId, reference, context)
  const failed = (failure: Failure) => context.onEvent({ kind: 'failed', subject, failure })
  if (!replayed.ok) return failed(replayed.problem)
  context.onEvent({ kind: 'reproduced', environmentId, experimentId, goalKey, ...replayed.value })
  const { fromFacts, fromLake } = replayed.value
  if (fromFacts.length + fromLake.length > 0)
    failed(fail('job', 'The result could not be reproduced to the digit.').problem)
}

async function replay(
  environmentId: string,
  reference: ResultReference,
  context: ReplayContext,
): Promise<Result<Reproduction, Failure>> {
  const { experimentId } = reference
  const found = await storedResult(context.api, environmentId, reference)
  if (!found.ok) return found
  const { result, before } = found.value
  const { provenance, computedAt, inputHash } = result
  const record = EvidenceRecord.safeParse(provenance?.evidence)
  if (!provenance || !record.success)
    return fail('job', 'The result does not say what it was computed from: an earlier release computed it.')
  const engine = await engineAsThen(result, context.variables)
  if (!engine.ok) return fail('stan-missing', engine.problem.message)

  const again = (evidence: EvidenceRecord) => computed(result, provenance, before, evidence, engine.value)
  const facts = await again(record.data)
  if (!facts.ok) return facts
  const recounted = await recount(environmentId, experimentId, result, provenance, record.data, context)
  if (!recounted.ok) return recounted
  const lake = await again(recounted.value)
  if (!lake.ok) return lake
  return ok({
    computedAt,
    inputHash,
    fromFacts: differencesOf(result, facts.value),
    fromLake: differencesOf(result, lake.value),
    remarks: remarksOf(provenance, result.statistics),
  })
}

function remarksOf({ release, sqlSha256 }: Provenance, statistics: string | undefined): string[] {
  return [
    ...(statistics === statisticsRelease
      ? []
      : [`Release ${statistics} of the statistics computed it, and this is ${statisticsRelease}.`]),
    ...(release === releaseOf() ? [] : [`Release ${release} computed it, and this is ${releaseOf()}.`]),
    ...(sqlSha256 === countingDigest() ? [] : ['Other statements counted it than those of this release.']),
  ]
}

async function computed(
  { goalKey, baselineVariationId, window, computedAt, interactions }: ExperimentResult,
  provenance: Provenance,
  before: ExperimentResult | undefined,
  record: EvidenceRecord,
  engine: Engine,
): Promise<Result<ExperimentResult, Failure>> {
  const evidence = {
    ...fromEvidenceRecord(record),
    goalKey,
    baselineVariationId,
    window,
    now: computedAt,
    before,
    overlaps: interactions?.map(overlapOf),
  }
  const result = await conclude(evidence, engine)
  if (!result.ok) return fail('job', result.problem.message)
  return ok({ ...result.value, provenance: { ...provenance, evidence: toEvidenceRecord(evidence) } })
}

/**
 * What the lake says of the goal. What other goals had a part in (which arms may be named, the guardrails)
 * stays as it is stored: their own results can be replayed.
 */
async function recount(
  environmentId: string,
  experimentId: string,
  { goalKey, window }: ExperimentResult,
  { counted, asOf }: Provenance,
  record: EvidenceRecord,
  { lakeAt, clickHouse }: ReplayContext,
): Promise<Result<EvidenceRecord, Failure>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tackline-replay-'))
  try {
    const lake = lakeAt(asOf)
    const { from, to, event } = counted
    const then = (wanted: typeof window, name: string) =>
      lakeAsOf(lake, environmentId, wanted, asOf, path.join(folder, `${name}.ndjson.gz`), clickHouse)
    const seen = await then(withCopies({ from, to }), 'exposures')
    if (!seen.ok) return seen
    const own = await lake.files(environmentId, window)
    if (!own.ok) return own
    const question = questionOf(counted)
    const totals = await countEmbedded(clickHouse)(seen.value.files, [{ x: 1, question }])
    if (!totals.ok) return totals
    const observed = variationsOf(totals.value, 1, 1)
    const weights = new Map(
      record.exposed.map(({ variationId, expectedWeight }) => [variationId, expectedWeight]),
    )
    const exposed = toCounts(
      observed.filter(({ users }) => users > 0),
      weights,
    )
    let { metric } = record
    let { damaged } = own.value
    if (metric) {
      const asked = metricQuestion(question, event, metric.definition, window.to, window.exposuresUntil)
      const prior = await then(withCopies(metricWindow(asked)), 'metric')
      if (!prior.ok) return prior
      const records = projectedRecords(
        clickHouse,
        openProjections(clickHouse, path.join(folder, 'projections')),
      )
      const rows = await countMetric(clickHouse, records)(prior.value.files, asked)
      if (!rows.ok) return rows
      const { byVariation, high } = addUp(rows.value, metric.definition)
      const knew = Object.values(metric.byVariation).some(({ logs }) => logs !== undefined)
      const sums = [...byVariation].map(([id, own]) => [id, knew ? own : withoutLogs(own)] as const)
      // Unknown where users were counted slice by slice: here they are few enough to be counted at once.
      const known = metric.high === null ? null : high
      metric = { ...metric, byVariation: Object.fromEntries(sums), high: known }
      ;({ damaged } = prior.value)
    }
    const recounted = (cells: EvidenceRecord['segments']) =>
      recountSegments(seen.value.files, question, event, cells, clickHouse)
    const segments = await recounted(record.segments)
    if (!segments.ok) return segments
    const search = await recounted(record.search)
    if (!search.ok) return search
    const whole = {
      ...record,
      exposed,
      metric,
      ...(segments.value && { segments: segments.value }),
      ...(search.value && { search: search.value }),
      usersInTwoVariations: observed.reduce((sum, row) => sum + row.usersInTwoVariations, 0),
      damage: damageOf(damaged),
      trust: toTrust(counted, observed, exposed),
    }
    const { counts } = fromEvidenceRecord(whole)
    return ok({ ...whole, seed: seedOf(experimentId, goalKey, counts) })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** As an earlier release counted. */
const withoutLogs = ({ logs: _, ...sums }: ExactSums): ExactSums => sums

/** By the attributes that the result has; undefined if it has none. */
async function recountSegments(
  files: RecordFiles,
  exposures: Question,
  event: string,
  segments: EvidenceRecord['segments'],
  clickHouse: ClickHouse,
): Promise<Result<EvidenceRecord['segments'], Failure>> {
  if (!segments) return ok(undefined)
  const attributes = [...new Set(segments.map(({ attribute }) => attribute))]
  const rows = await countSegments(clickHouse, recordsInPlace(clickHouse, onDisk))(files, {
    exposures,
    attributes,
  })
  if (!rows.ok) return rows
  return ok([...(toSegments(rows.value, { exposures, attributes }).get(event) ?? [])])
}

function questionOf({ flagKey, ruleId, unitAttribute, counts, from, to, event }: Provenance['counted']) {
  const phases = [{ startAt: from, weights: {}, unitAttribute }]
  return experimentQuestion({ flagKey, ruleId, counts, phases }, { from, to }, [event])
}
