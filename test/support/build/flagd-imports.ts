// Imports flag definitions of flagd's into an empty environment.
import { emptyState } from '../../../core/model/environment-state.ts'
import { checkCandidates } from '../../../core/change/import-plan.ts'
import { Definitions } from '../../../workers/protocols/flagd/import/definitions.ts'
import { fromDefinitions } from '../../../workers/protocols/flagd/import/flags.ts'

export const onOff = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' }
export const imported = (flags: object, rest: object = {}) =>
  checkCandidates(emptyState(), fromDefinitions(Definitions.parse({ flags, ...rest }), 0))
/** One flag, `f`. */
export const one = (changes: object, rest: object = {}) => {
  const { flags, findings } = imported({ f: { ...onOff, ...changes } }, rest)
  return { flag: flags[0], findings }
}
export const targeted = (targeting: unknown, rest: object = {}) => one({ targeting }, rest)
