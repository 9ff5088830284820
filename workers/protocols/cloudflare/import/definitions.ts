// The flags of Cloudflare's own flag product, as `wrangler flagship flags list APP --all --json` prints them.
// Each flag is parsed by itself, so that what is wrong with one is said of that one. The shapes are those of
// wrangler 4.155 and of its local store.
import * as z from 'zod'
import { entitiesMax } from '../../../../core/model/limits.ts'

export const FlagList = z.object({
  items: z.array(z.unknown()).max(entitiesMax.flag),
  /** Where the next page begins; null or absent after the last one. */
  cursor: z.string().nullish(),
})
export type FlagList = z.infer<typeof FlagList>

const operators = [
  'equals',
  'not_equals',
  'greater_than',
  'less_than',
  'greater_than_or_equals',
  'less_than_or_equals',
  'contains',
  'starts_with',
  'ends_with',
  'in',
  'not_in',
  'has',
  'not_has',
] as const

const Comparison = z.object({
  attribute: z.string().min(1),
  operator: z.enum(operators),
  value: z.json(),
})
export type Comparison = z.infer<typeof Comparison>

/** The store takes five levels; what is deeper was never stored. */
export type Condition = Comparison | { logical_operator: 'AND' | 'OR'; clauses: Condition[] }
const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([z.object({ logical_operator: z.enum(['AND', 'OR']), clauses: z.array(Condition) }), Comparison]),
)

const Rule = z.object({
  conditions: z.array(Condition),
  serve_variation: z.string(),
  priority: z.number(),
  rollout: z.object({ percentage: z.number().min(0).max(100), attribute: z.string().nullish() }).nullish(),
})
export type Rule = z.infer<typeof Rule>

export const FlagDefinition = z.object({
  key: z.string(),
  description: z.string().nullish(),
  enabled: z.boolean(),
  default_variation: z.string(),
  variations: z.record(z.string(), z.json()),
  rules: z.array(Rule),
  metadata: z.record(z.string(), z.unknown()).nullish(),
})
export type FlagDefinition = z.infer<typeof FlagDefinition>
