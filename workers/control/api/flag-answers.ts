// Answers about flags that are not entities of core. The console imports their types, so nothing in this file
// depends on workerd.
import * as z from 'zod'
import type { Cause } from '../../../core/evaluation/evaluation.ts'
import type { Explanation } from '../../../core/evaluation/explain.ts'
import { FlagType, Strategy } from '../../../core/model/flag.ts'
import { NextCursor } from './pagination.ts'
import { AsOf, Hour } from './report-window.ts'
import { Actor, Difference } from './shapes.ts'

/** A change of a flag. */
export const FlagHistoryEntry = z.strictObject({
  number: z.int(),
  createdAt: z.int(),
  actor: Actor,
  comment: z.string(),
  command: z.string().describe('Kind of the command.'),
  diff: z.array(Difference),
})
export type FlagHistoryEntry = z.infer<typeof FlagHistoryEntry>

export const FlagUsage = z.strictObject({
  lastSeenAt: z.int().nullable().describe('Epoch milliseconds.'),
  variations: z
    .array(z.strictObject({ variationId: z.string(), lastSeenAt: z.int() }))
    .describe('Newest first.'),
})
export type FlagUsage = z.infer<typeof FlagUsage>

export const Users = z
  .int()
  .describe('An estimate: `usersError` is its relative standard error. Nothing is computed from it.')

const VariationCounts = z.strictObject({
  variationId: z.string(),
  evaluations: z.int().describe('Reported exposures. One that was delivered twice may be counted twice.'),
  users: Users,
})

export const FlagExposures = z.strictObject({
  asOf: AsOf,
  usersError: z.number(),
  totals: z.array(VariationCounts),
  hours: z.array(VariationCounts.extend({ hour: Hour })),
  uncounted: z
    .int()
    .describe('Exposures beyond the limit of flags and variations in an hour, of this flag or others.'),
  nextCursor: NextCursor,
})
export type FlagExposures = z.infer<typeof FlagExposures>

export const evaluateAnswer = z.strictObject({
  revision: z.int(),
  results: z.array(z.array(z.record(z.string(), z.unknown()))).describe('For each context, each flag.'),
})

/** One result of `evaluate`, as the route builds it. */
export interface EvaluatedFlag {
  readonly flagKey: string
  readonly reason: string
  readonly cause?: Cause
  readonly variationId?: string
  readonly value?: unknown
  readonly error?: { readonly code: string; readonly message: string }
  readonly why?: Omit<Explanation, 'evaluation'>
}

const PortableFamily = z.strictObject({
  portable: z.array(z.string()).describe('Keys of the flags that these SDKs evaluate exactly as edge does.'),
  omitted: z
    .array(z.strictObject({ flagKey: z.string(), reason: z.string() }))
    .describe(
      'Flags that are not served to these SDKs, which use the default in the code instead. Evaluation ' +
        'at edge is not affected.',
    ),
  notes: z
    .array(z.strictObject({ flagKey: z.string(), field: z.string(), reason: z.string() }))
    .describe(
      'For portable flags: fields that other clients of the vendor handle differently, and vendor rules that they keep.',
    ),
})
export const PortabilityReport = z.strictObject({ 'flagship-io': PortableFamily, bucketeer: PortableFamily })
export type PortabilityReport = z.infer<typeof PortabilityReport>

/** What a list shows of a flag: its targeting is left out. */
export const FlagRow = z.strictObject({
  key: z.string(),
  name: z.string(),
  type: FlagType,
  tags: z.array(z.string()),
  maintainer: z.string(),
  enabled: z.boolean(),
  archived: z.boolean(),
  version: z.int(),
  createdAt: z.int(),
  updatedAt: z.int(),
  variations: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  offVariationId: z.string().nullable(),
  serves: Strategy.describe('Of the default strategy.'),
  rules: z.int().describe('How many.'),
  lastSeenAt: z
    .int()
    .nullable()
    .describe('Its last exposure, in epoch milliseconds. Null: none was reported.'),
  related: z
    .array(
      z.strictObject({
        kind: z.enum(['experiment', 'operation', 'schedule', 'progressive-rollout']),
        id: z.string(),
        name: z.string(),
        status: z.string(),
      }),
    )
    .describe('What refers to the flag and is not over.'),
})
export type FlagRow = z.infer<typeof FlagRow>

export const FlagRows = z.strictObject({
  flags: z.array(FlagRow),
  revision: z.int().describe('The revision of the environment when the rows were read.'),
})
export type FlagRows = z.infer<typeof FlagRows>
