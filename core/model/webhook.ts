// A URL to notify of changes. Only the configuration exists so far; nothing is sent yet.
import * as z from 'zod'
import { Id } from './flag.ts'
import { addressProblem } from '../text/public-address.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

export const Webhook = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  url: z
    .url({ protocol: /^https$/ })
    .max(limits.urlLengthMax)
    .superRefine((url, context) => {
      const problem = addressProblem(url)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    }),
  /** Kinds of commands, such as `update-flag`; empty means all. */
  events: z.array(z.string().min(1).max(limits.keyLengthMax)).max(limits.webhookEventsMax).default([]),
  disabled: z.boolean().default(false),
  ...versioned,
})
export type Webhook = z.infer<typeof Webhook>
