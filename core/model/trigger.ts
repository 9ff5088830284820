// A trigger: a request to its secret URL turns one flag on or off, without other credentials. For alerts and
// deploy hooks.
import * as z from 'zod'
import { FlagKey, Id } from './flag.ts'
import { experimentChoices } from './experiment.ts'
import { Secret, SecretHash } from './secret.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

/** What a request to the URL did: changed the flag, found it so already, or was refused. */
export const TriggerOutcome = z.enum(['changed', 'unchanged', 'refused'])

/** GitHub's. */
const signatureHeader = 'x-hub-signature-256'

/** What requests are signed with: HMAC-SHA-256 over the body, in hexadecimal. */
export const TriggerSignature = z.strictObject({
  /** The name of the header that holds it. */
  header: z
    .string()
    .max(limits.keyLengthMax)
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]*$/, 'is no name of a header')
    .default(signatureHeader),
  /** Unlike other secrets it is kept: it verifies. */
  secret: z
    .string()
    .min(limits.signingSecretLengthMin)
    .max(limits.webhookSecretLengthMax)
    .register(Secret, { secret: true }),
})
export type TriggerSignature = z.infer<typeof TriggerSignature>

/** `at`: epoch milliseconds. `reason`: why it was refused. */
const TriggerFiring = z.strictObject({ at: z.int(), outcome: TriggerOutcome, reason: z.string().optional() })
export type TriggerFiring = z.infer<typeof TriggerFiring>

export const Trigger = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  flagKey: FlagKey,
  action: z.enum(['turn-on', 'turn-off']),
  /** What becomes of an experiment that runs on the flag. Absent: the trigger is refused while one runs. */
  experiment: z.enum(experimentChoices).optional(),
  /** A disabled trigger does nothing; it can be enabled again. */
  disabled: z.boolean().default(false),
  /** The token itself is returned once, when it is created. */
  sha256: SecretHash,
  /** Absent: the secret in the URL is enough. */
  signature: TriggerSignature.optional(),
  /** How often its URL was requested, as far as that made a revision. */
  firings: z.int().min(0).default(0),
  lastFiring: TriggerFiring.optional(),
  ...versioned,
})
export type Trigger = z.infer<typeof Trigger>

/** Whether its last firing was refused for the same reason: then there is nothing new to record. */
export const isRefusedAgain = ({ lastFiring }: Pick<Trigger, 'lastFiring'>, reason: string): boolean =>
  lastFiring?.outcome === 'refused' && lastFiring.reason === reason
