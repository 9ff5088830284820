// Keeps a result within what is stored: a warning about other experiments never costs the result itself.
import type { ExperimentResult } from '../../core/model/experiment-result.ts'
import type { OverlapCounts } from '../../core/model/interaction.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Provenance } from '../../core/model/provenance.ts'
import { conclude, type Evidence } from '../statistics/conclude.ts'
import type { Engine } from '../statistics/fit.ts'

/**
 * If it would be larger as JSON text, the pairs of experiments are named without what was counted of them.
 */
export async function concludeWithin(
  bytesMax: number,
  evidence: Evidence,
  overlaps: readonly OverlapCounts[],
  provenance: Provenance,
  engine: Engine,
): Promise<Result<ExperimentResult>> {
  const withPairs = async (pairs: readonly OverlapCounts[]) => {
    const result = await conclude({ ...evidence, overlaps: pairs.length > 0 ? pairs : undefined }, engine)
    return result.ok ? ok({ ...result.value, provenance }) : result
  }
  const whole = await withPairs(overlaps)
  const isStorable = !whole.ok || Buffer.byteLength(JSON.stringify(whole.value)) <= bytesMax
  return isStorable || overlaps.length === 0
    ? whole
    : withPairs(overlaps.map((pair) => ({ ...pair, cells: [] })))
}
