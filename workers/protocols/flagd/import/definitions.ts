// flagd's flag definitions (https://flagd.dev/schema/v0/flags.json). Each flag is parsed by itself, so that
// what is wrong with one is said of that one.
import * as z from 'zod'

export type Values = Readonly<Record<string, unknown>>

/** Kept as it was parsed: every own key is a name, whatever JavaScript makes of it. */
const values = z.custom<Values>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
)

export const Definitions = z.object({
  flags: values,
  $evaluators: values.nullish(),
  metadata: values.nullish(),
})
export type Definitions = z.infer<typeof Definitions>

export const FlagDefinition = z.object({
  state: z.enum(['ENABLED', 'DISABLED']),
  variants: values,
  /** An empty name counts as none. */
  defaultVariant: z.string().nullish(),
  /** JsonLogic; absent, null or `{}`: none. */
  targeting: z.unknown().optional(),
  metadata: values.nullish(),
})
export type FlagDefinition = z.infer<typeof FlagDefinition>
