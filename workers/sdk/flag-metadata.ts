// OpenFeature's flag metadata of an evaluation, as OFREP and RPC give it.
import type { Evaluation } from '../../core/evaluation/evaluation.ts'

/** The flag's own metadata and ours, which counts where both have a name. */
export const flagMetadataOf = ({ flag, cause, variation }: Evaluation) => {
  const ruleId = 'ruleId' in cause ? cause.ruleId : undefined
  const [first] = flag?.experiments ?? []
  const own = flag?.experiments?.find((experiment) => experiment.ruleId === ruleId)
  const experiment = own ?? first
  return {
    ...flag?.metadata,
    ...(experiment && {
      experimentId: experiment.id,
      experimentName: experiment.name,
      inExperiment: own !== undefined,
    }),
    version: String(flag?.version ?? 0),
    variationId: variation?.id ?? '',
  }
}
