// What an SDK shows to be answered. The key itself is shown once; its hash travels in the snapshot.
import * as z from 'zod'
import { Id } from './flag.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'
import type { SnapshotKey } from './snapshot.ts'

export const SdkKey = z.strictObject({
  id: Id,
  role: z.enum(['client', 'server']),
  name: z.string().max(limits.nameLengthMax).default(''),
  sha256: z.string(),
  /** Brought along from another system: its text does not name the environment, so edge is told apart. */
  foreign: z.literal(true).optional(),
  /** OFREP: `plain` leaves out what the strictest clients refuse, event streams and what is said of all flags together. */
  answers: z.enum(['full', 'plain']).default('full'),
  /** One that is disabled leaves the snapshot with the next revision. */
  disabled: z.boolean().default(false),
  /** What it was before it was rotated: good until then (epoch milliseconds). */
  previous: z.strictObject({ sha256: z.string(), expiresAt: z.int() }).optional(),
  ...versioned,
})
export type SdkKey = z.infer<typeof SdkKey>

/** As edge knows it. One that was rotated is two for a while; edge minds the time, since no revision is made when it comes. */
export function toSnapshotKeys({
  id,
  role,
  sha256,
  foreign,
  answers,
  disabled,
  previous,
}: SdkKey): SnapshotKey[] {
  if (disabled) return []
  const own = { id, role, ...(foreign && { foreign }), ...(answers === 'plain' && { answers }) }
  return [{ ...own, sha256 }, ...(previous ? [{ ...own, ...previous }] : [])]
}
