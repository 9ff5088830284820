// A trigger: a request to its secret URL turns one flag on or off, without other credentials. For alerts and
// deploy hooks.
import * as z from 'zod'
import { Id, Key } from './flag.ts'
import { SecretHash } from './secret.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

export const Trigger = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  flagKey: Key,
  action: z.enum(['turn-on', 'turn-off']),
  /** A disabled trigger does nothing; it can be enabled again. */
  disabled: z.boolean().default(false),
  /** The token itself is returned once, when it is created. */
  sha256: SecretHash,
  ...versioned,
})
export type Trigger = z.infer<typeof Trigger>
