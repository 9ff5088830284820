// Settings of an environment, for all its flags and protocols. They are part of the snapshot, so that edge
// needs nothing else.
import * as z from 'zod'
import { Allocation } from './flag.ts'
import { epochMsMax } from './limits.ts'
import { versioned } from './versioned.ts'

/** What 20 queues take, if every message is full. */
const intakePerMinuteMax = 1_000_000_000
const unlistedAttributesMax = 100
const failedRunsMax = 1_000
const staleAfterDaysMax = 365
/** Ten years. */
const keepDaysMax = 3_650

const KeepDays = z.int().min(1).max(keepDaysMax).optional()
const Time = z.int().min(0).max(epochMsMax)
/** Epoch milliseconds, and the share of visitors in whole percent. */
const Troubleshooting = z
  .strictObject({ startAt: Time, stopAt: Time, percentage: z.int().min(0).max(100) })
  .refine(({ startAt, stopAt }) => startAt < stopAt, { path: ['stopAt'], error: 'must be after startAt' })

export const Settings = z.strictObject({
  /** For flags that are created without one. */
  defaultAllocation: Allocation.default('percent'),
  /**
   * Who may fetch the bucketing file: everyone who knows the environment's id (as with AB Tasty), holders of
   * an SDK key, or nobody.
   */
  bucketingFile: z.enum(['public', 'by-key', 'off']).default('public'),
  /** Whether every change needs a comment. */
  requireComment: z.boolean().default(false),
  /**
   * A path under which all SDK routes are served in addition, for clients behind filters that match paths.
   */
  pathPrefix: z
    .string()
    .regex(
      /^(\/[A-Za-z0-9_-]{1,40}){1,4}$/,
      'segments of letters, digits, hyphens and underscores, each after a slash',
    )
    .optional(),
  /**
   * Whether edge adds Cloudflare's data on the request to its context, under names that clients cannot set.
   */
  enrichContext: z.boolean().default(false),
  /** OFREP: whether a disabled flag is answered with its off variation or without value. */
  disabledFlags: z.enum(['with-value', 'without-value']).default('with-value'),
  /**
   * AB Tasty's panic mode, for all protocols: applications use their own defaults, whatever the flags say.
   */
  panic: z.boolean().default(false),
  /** The time window in which AB Tasty's SDKs send troubleshooting data. It ends without a new revision. */
  troubleshooting: Troubleshooting.optional(),
  /** Whether SDKs are offered a stream of change events. */
  streams: z.boolean().default(true),
  /**
   * How many events are taken in a minute; more are refused with 429 until the next minute. Absent: 3,000,000
   * (analytics/intake.ts).
   */
  intakePerMinute: z.int().min(1).max(intakePerMinuteMax).optional(),
  /** Attributes whose values are never kept for autocomplete; `*` stands for all. */
  unlistedAttributes: z.array(z.string().min(1).max(100)).max(unlistedAttributesMax).optional(),
  /**
   * Runs in a row of a job of the runner that fail before `job.failed` is told. Absent: 3. A job that runs
   * twice a day or less is told of at its first failure.
   */
  failedRunsUntilTold: z.int().min(1).max(failedRunsMax).optional(),
  /** Days without a user after which `flag.stale` is told of a flag that users met before. Absent: 30. */
  staleAfterDays: z.int().min(1).max(staleAfterDaysMax).optional(),
  /** Days after which the runner deletes events from the lake. Absent: they are kept. */
  keepEventsDays: KeepDays,
  /** Of one kind of record, if it shall go earlier than the others (core/model/retention.ts). */
  keepExposureDays: KeepDays,
  keepTrackingDays: KeepDays,
  keepAliasDays: KeepDays,
  keepSdkReportDays: KeepDays,
})
export type Settings = z.infer<typeof Settings>

export const StoredSettings = Settings.extend(versioned)
