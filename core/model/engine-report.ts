// What computed a posterior: Stan, with its settings and diagnostics, or a closed form.
import * as z from 'zod'

const Count = z.int().min(0)
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex')

/**
 * Stan's settings and diagnostics. `draws` and `warmup` are per chain; R-hat and ESS are those of the worst
 * parameter.
 */
export const SamplerReport = z.object({
  stanVersion: z.string().min(1),
  model: z.string().min(1),
  modelSha256: Sha256,
  seed: z.int().min(0).max(4_294_967_295),
  chains: z.int().min(1),
  warmup: Count,
  draws: z.int().min(1),
  rhatMax: z.number(),
  essBulkMin: z.number(),
  essTailMin: z.number(),
  divergences: Count,
  maxTreedepthHits: Count,
  /** The CPU family: draws of the native engine are reproducible to the last digit only within one family. */
  host: z.string().optional(),
})
export type SamplerReport = z.infer<typeof SamplerReport>

export const EngineReport = z.discriminatedUnion('kind', [
  SamplerReport.extend({ kind: z.literal('cmdstan') }),
  SamplerReport.extend({ kind: z.literal('stan-native') }),
  z.object({ kind: z.literal('exact'), method: z.string().min(1) }),
])
export type EngineReport = z.infer<typeof EngineReport>
