// What an environment has decided for all its flags and all its doors. Travels in the snapshot, so that edge needs nothing else.
import * as z from 'zod'
import { Allocation } from './flag.ts'
import { epochMsMax } from './limits.ts'
import { versioned } from './versioned.ts'

const Time = z.int().min(0).max(epochMsMax)
/** From one moment to another, and for what share of visitors (whole percent). */
const Troubleshooting = z
  .strictObject({ startAt: Time, stopAt: Time, percentage: z.int().min(0).max(100) })
  .refine(({ startAt, stopAt }) => startAt < stopAt, { path: ['stopAt'], error: 'must be after startAt' })

export const Settings = z.strictObject({
  /** Of flags that are made without one. */
  defaultAllocation: Allocation.default('percent'),
  /** Who may fetch the bucketing file: everybody who knows the environment's id (as AB Tasty has it), holders of an SDK key, or nobody. */
  bucketingFile: z.enum(['public', 'by-key', 'off']).default('public'),
  /** Whether every change needs a comment. */
  requireComment: z.boolean().default(false),
  /** A path under which every route of this environment is served as well, for clients behind filters that match paths. */
  pathPrefix: z
    .string()
    .regex(
      /^(\/[A-Za-z0-9_-]{1,40}){1,4}$/,
      'segments of letters, digits, hyphens and underscores, each after a slash',
    )
    .optional(),
  /** Whether edge adds what Cloudflare knows of a request to its context, in a namespace that no client can write. */
  enrichContext: z.boolean().default(false),
  /** OFREP: whether a flag that is off answers its off variation, or no value at all. */
  disabledFlags: z.enum(['with-value', 'without-value']).default('with-value'),
  /** Whether everybody gets the defaults of their code, whatever the flags say: AB Tasty's panic mode, for every door. */
  panic: z.boolean().default(false),
  /** When AB Tasty's SDKs tell of their own work. Over when it is over, without a change. */
  troubleshooting: Troubleshooting.optional(),
  /** Whether SDKs are offered a stream of changes. */
  streams: z.boolean().default(true),
})
export type Settings = z.infer<typeof Settings>

export const StoredSettings = Settings.extend(versioned)
