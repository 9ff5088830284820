// Posteriors that an environment's last run needed, and refusals of what a model cannot say, kept on disk: a
// run without news computes none of them again. Those that this run did not need go.
import { createHash } from 'node:crypto'
import path from 'node:path'
import * as z from 'zod'
import { EngineReport } from '../core/model/engine-report.ts'
import { UpliftSummary, VariationPosterior } from '../core/model/experiment-result.ts'
import { DifferenceSummary, ValueModel, VariationValue } from '../core/model/metric-report.ts'
import { ok, refuse, type Result } from '../core/model/problem.ts'
import { readSealed, writeSealed } from './lake/sealed-file.ts'
import { releaseOf } from './reproduce/sql-files.ts'
import { hostSummary } from './stan/host.ts'
import { statisticsRelease } from './statistics/conclude.ts'
import type { Engine, Fit, Pooled, ValueFit } from './statistics/fit.ts'

const Fitted = z.object({
  engine: EngineReport,
  variations: z.array(VariationPosterior),
}) satisfies z.ZodType<Fit>
const Segments = z.object({
  engine: EngineReport,
  arms: z.array(
    z.object({
      effects: z.array(z.object({ mean: z.number(), low: z.number(), high: z.number() })),
      spread: z.object({ median: z.number(), q95: z.number() }),
    }),
  ),
}) satisfies z.ZodType<Pooled>
const Values = z.object({
  engine: EngineReport,
  model: ValueModel,
  variations: z.array(
    VariationPosterior.pick({
      variationId: true,
      probabilityBest: true,
      probabilityBeatsBaseline: true,
    }).extend({
      posterior: VariationValue.shape.posterior.unwrap(),
      difference: DifferenceSummary.nullable(),
      uplift: UpliftSummary.nullable(),
      expectedLoss: z.number().min(0),
    }),
  ),
}) satisfies z.ZodType<ValueFit>
const Kept = z.object({
  fit: z.record(z.string(), Fitted),
  pool: z.record(z.string(), Segments),
  values: z.record(z.string(), Values),
  /** Of the question: INVALID, with this message. */
  refused: z.record(z.string(), z.string()),
})
const nothing = (): z.infer<typeof Kept> => ({ fit: {}, pool: {}, values: {}, refused: {} })

export interface KeptFits {
  readonly engine: Engine
  /** A full disk costs the next run some seconds, and this one nothing. */
  save(): Promise<void>
}

export interface KeptEngine {
  readonly engine: Engine
  readonly kind: EngineReport['kind']
  /** What its answers depend on besides the question: the hashes of its models. */
  readonly identity: string
}

/**
 * `engine` gives equal answers to equal questions, as the closed form does, and Stan with its seed on one
 * family of processors. What another engine answered in its stead is not kept, nor that one is out of order
 * (UNAVAILABLE), as after a time-out; that it has no answer to a question (INVALID) is. `root`: the cache's
 * folder.
 */
export async function keptFits(
  { engine, kind, identity }: KeptEngine,
  root: string,
  environmentId: string,
): Promise<KeptFits> {
  const file = path.join(root, 'counts', `environment=${environmentId}`, 'fits.json')
  const known = Kept.safeParse(await readSealed(file)).data ?? nothing()
  const used = nothing()
  const by = [releaseOf(), statisticsRelease, kind, identity, await hostSummary()]
  const keptOf =
    <Input extends object, Answer extends { readonly engine: EngineReport }>(
      ask: (input: Input) => Promise<Result<Answer>>,
      before: Readonly<Record<string, Answer>>,
      now: Record<string, Answer>,
    ) =>
    async (input: Input): Promise<Result<Answer>> => {
      const key = digestOf([...by, Object.entries(input).toSorted(byName)])
      const kept = now[key] ?? before[key]
      const refusal = used.refused[key] ?? known.refused[key]
      const answer = kept ? ok(kept) : refusal !== undefined ? refuse('INVALID', refusal) : await ask(input)
      if (answer.ok && answer.value.engine.kind === kind) now[key] = answer.value
      if (!answer.ok && answer.problem.code === 'INVALID') used.refused[key] = answer.problem.message
      return answer
    }
  const { pool, values } = engine
  return {
    engine: {
      fit: keptOf((input) => engine.fit(input), known.fit, used.fit as Record<string, Fit>),
      ...(pool && { pool: keptOf(pool, known.pool, used.pool as Record<string, Pooled>) }),
      ...(values && { values: keptOf(values, known.values, used.values as Record<string, ValueFit>) }),
    },
    async save() {
      const keysOf = (kept: z.infer<typeof Kept>) => Object.values(kept).flatMap((own) => Object.keys(own))
      const [before, now] = [new Set(keysOf(known)), keysOf(used)]
      const isSame = now.length === before.size && now.every((key) => before.has(key))
      if (!isSame) await writeSealed(file, used).catch(() => undefined)
    },
  }
}

const digestOf = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex')

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1)
