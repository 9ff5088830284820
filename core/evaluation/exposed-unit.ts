// The unit that a rollout by attribute split: what an experiment on it counts instead of users.
import { bucketByOf } from '../model/bucket-by.ts'
import type { Flag } from '../model/flag.ts'
import { slotOf } from './compiled-condition.ts'
import type { CompiledSnapshot } from './compile.ts'
import { reset } from './context-reader.ts'
import type { EvaluationContext } from './context.ts'
import { unitKeyOf } from './evaluate.ts'

export interface ExposedUnit {
  /** The attribute that the rollout splits by; empty: the targeting key. */
  readonly unitAttribute: string
  /** Its value in the context; empty if it is missing there, or the targeting key is split by. */
  readonly unit: string
}

export const noUnit: ExposedUnit = { unitAttribute: '', unit: '' }
/** Longer values are taken as missing: the limit of a targeting key in a record. */
const unitLengthMax = 1_000

/** `ruleId` is the rule or default strategy that decided. Other causes have no unit. */
export function exposedUnit(
  compiled: CompiledSnapshot,
  { flag, ruleId }: { readonly flag: Flag; readonly ruleId: string },
  context: EvaluationContext,
): ExposedUnit {
  const { rules, defaultStrategy } = flag
  const part = defaultStrategy.id === ruleId ? defaultStrategy : rules.find(({ id }) => id === ruleId)
  const name = part?.strategy.kind === 'rollout' ? bucketByOf(flag, part) : undefined
  if (name === undefined) return noUnit
  reset(compiled.reader, context, false)
  const unit = unitKeyOf(slotOf(name, compiled.scope), compiled.reader) ?? ''
  // The queries mark what has no unit by a NUL in front.
  const isCountable = unit.length <= unitLengthMax && !unit.startsWith('\0')
  return { unitAttribute: name, unit: isCountable ? unit.toWellFormed() : '' }
}
