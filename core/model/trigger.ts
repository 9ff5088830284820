// A flag trigger: whoever holds its secret address turns one flag on or off, with no other credential. For alerts and deploy hooks.
import * as z from 'zod'
import { Id, Key } from './flag.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

export const Trigger = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  flagKey: Key,
  action: z.enum(['turn-on', 'turn-off']),
  /** One that is disabled fires no more, and can be enabled again. */
  disabled: z.boolean().default(false),
  /** Hexadecimal SHA-256 of the secret; the secret itself is shown once. */
  sha256: z.string(),
  ...versioned,
})
export type Trigger = z.infer<typeof Trigger>
