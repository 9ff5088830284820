// Answers of reports: events of goals, the health of the intake, the runner’s jobs.
// The console imports their types, so nothing in this file depends on workerd.
import * as z from 'zod'
import { refusalReasons } from '../../../analytics/intake.ts'
import { JobName, JobRunReport } from '../../../core/model/job-run.ts'
import { Users } from './flag-answers.ts'
import { AsOf, Hour } from './report-window.ts'
import { NextCursor } from './pagination.ts'

const GoalCounts = z.strictObject({
  events: z.int().describe('Tracking events. One that was delivered twice may be counted twice.'),
  users: Users,
})

export const GoalEvents = z.strictObject({
  asOf: AsOf,
  usersError: z.number(),
  total: GoalCounts,
  hours: z.array(GoalCounts.extend({ hour: Hour })),
  uncounted: z.int().describe('Events beyond the limit of names in an hour, of this goal or others.'),
  nextCursor: NextCursor,
})
export type GoalEvents = z.infer<typeof GoalEvents>

const Counts = z.strictObject({
  accepted: z.int().describe('Events that are in the queue or beyond.'),
  refused: z
    .strictObject(
      Object.fromEntries(refusalReasons.map((reason) => [reason, z.int()])) as Record<
        (typeof refusalReasons)[number],
        z.ZodInt
      >,
    )
    .describe(
      'Events that were not taken. `late`: more than 31 days old or a day ahead. `quota` and `queue`: the client ' +
        'was told to send them again.',
    ),
  stored: z.int().describe('Records that ingest wrote into the lake.'),
  duplicates: z
    .int()
    .describe(
      'Copies that ingest knew: in one batch of the queue, or delivered again after they were stored. Results ' +
        'count each event once, also where a copy comes another way.',
    ),
  bad: z.int().describe('Records that ingest could not read; they are under `bad/` in R2.'),
  deadLetters: z.int().describe('Records that could not be stored for days: `npm run batch -- replay`.'),
  lagSeconds: z.number().nullable().describe('From edge to the lake, on average. Null: nothing was stored.'),
})

export const IntakeReport = z.strictObject({
  asOf: AsOf,
  total: Counts,
  hours: z.array(Counts.extend({ hour: Hour })).describe('Newest first.'),
  nextCursor: NextCursor,
})
export type IntakeReport = z.infer<typeof IntakeReport>

export const PropagationReport = z.strictObject({
  asOf: AsOf,
  revisions: z.array(
    z.strictObject({
      revision: z.int(),
      publishedAt: z.int().describe('Epoch milliseconds: from then on edge could learn of it.'),
      firstAfterMs: z.int().nullable().describe('Until the first exposure on it. Null: there is none.'),
      mostAfterMs: z
        .int()
        .nullable()
        .describe(
          'Until 99 % of exposures were on it, over ten seconds from then on; to the next second of the ' +
            'clock. Null: that has not been seen.',
        ),
      exposures: z.int().describe('On it.'),
      earlierExposures: z.int().describe('On earlier revisions, after its publication.'),
    }),
  ),
  nextCursor: NextCursor,
})
export type PropagationReport = z.infer<typeof PropagationReport>

export const Job = JobRunReport.extend({
  job: JobName,
  doneAt: z.int().nullable().describe('When the newest run without failures began. Null: there was none.'),
  isLate: z
    .boolean()
    .describe(
      'Whether it runs by itself, and was not done for three intervals and five minutes, or twice the time ' +
        'that its newest run took.',
    ),
  nextAt: z
    .int()
    .nullable()
    .describe(
      'When it is due again, to within a tenth of `everyMs`. The past: it goes on, or is late. Null: nobody said ' +
        'how often it runs.',
    ),
})
export type Job = z.infer<typeof Job>

export const RequestReport = z.strictObject({
  asOf: AsOf,
  isSampled: z.boolean().describe('Whether some points of this page stand for several requests.'),
  hours: z.array(
    z.strictObject({
      hour: Hour,
      protocol: z.string(),
      outcome: z.string().describe('`OK`, or the code of the refusal.'),
      requests: z.number(),
      decisions: z.number(),
      staleMs: z.number().describe('For how long nobody had confirmed the snapshot, on average.'),
      p95Ms: z.number().describe('Of the duration: 95 % of requests took at most so long.'),
    }),
  ),
  nextCursor: NextCursor,
})
export type RequestReport = z.infer<typeof RequestReport>

export const SnapshotSize = z.strictObject({
  revision: z.int(),
  bytes: z.int(),
  bytesMax: z.int().describe('A change that would make a larger one is refused.'),
})
export type SnapshotSize = z.infer<typeof SnapshotSize>
