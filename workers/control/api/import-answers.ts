// What imports answer: what would or did change, and what could not be carried over.
import * as z from 'zod'
import { changeAnswer, Counts } from './shapes.ts'

const Finding = z.strictObject({
  subject: z.enum(['environment', 'flag', 'segment']),
  key: z.string(),
  field: z.string(),
  effect: z.enum(['left-out', 'differs', 'lost']),
  topic: z.string().optional().describe('What it is about; the plan has a step for each topic.'),
  reason: z.string(),
})
/** So many are worth reading one by one; `groups` has the others. */
export const findingsMax = 1_000
export const ImportAnswer = changeAnswer(Counts).extend({
  findings: z
    .array(Finding)
    .max(findingsMax)
    .readonly()
    .describe(`What could not be carried over exactly: first what was left out. The first ${findingsMax}.`),
  findingCount: z.int().describe('The number of all findings.'),
  groups: z
    .array(
      Finding.omit({ key: true }).extend({
        count: z.int(),
        keys: z.array(z.string()).readonly().describe('The first flags or segments.'),
      }),
    )
    .readonly()
    .describe('The findings by kind. `*` in a field stands for any position.'),
})
const texts = z.array(z.string()).readonly()
const Step = z.strictObject({
  urgency: z
    .enum(['act', 'check', 'know'])
    .describe(
      '`act`: somebody gets something else until you do something. `check`: that depends on what your ' +
        'applications send, or which SDKs they use. `know`: decisions stay the same.',
    ),
  topic: z.string(),
  title: z.string().describe('What these campaigns have in common.'),
  toDo: z.string(),
  campaigns: z
    .array(z.strictObject({ campaignId: z.string(), flagKey: z.string(), name: z.string(), reasons: texts }))
    .readonly(),
  reasons: texts.describe('What was found in the settings of the account.'),
})
export const MigrationAnswer = ImportAnswer.extend({
  plan: z
    .strictObject({
      campaigns: z.int().describe('How many the file has.'),
      imported: z.int().describe('How many of them become flags.'),
      ready: texts.describe('Ids of campaigns that need nobody and nothing to be checked.'),
      needYou: texts.describe('Ids of campaigns that have a step whose urgency is `act`.'),
      steps: z.array(Step).readonly().describe('What was found, grouped by what to do, most urgent first.'),
    })
    .describe('The findings as a plan.'),
  summary: z.string().describe('The plan as plain text.'),
})

export type ImportAnswer = z.infer<typeof ImportAnswer>
export type MigrationAnswer = z.infer<typeof MigrationAnswer>
