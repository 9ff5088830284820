// OpenFeature's flag metadata of an evaluation, as OFREP and RPC give it.
import type { Evaluation } from '../../core/evaluation/evaluation.ts'

/** The flag's own metadata and ours. The model refuses our names in the flag's own. */
export const flagMetadataOf = ({ flag, variation }: Evaluation) => ({
  ...flag?.metadata,
  version: String(flag?.version ?? 0),
  variationId: variation?.id ?? '',
})
