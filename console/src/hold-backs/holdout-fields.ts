// The form of a holdout and what the API takes. Pure.
import type { Holdout } from '../../../core/model/holdout.ts'
import type { Body } from '../change/changes-between.ts'
import { combineFilters, combineTexts } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { holdBacks } from '../messages/hold-backs.ts'
import { merging } from '../messages/merging.ts'
import { dayEnd, dayText, whenText } from '../ui/field-text.ts'
import { keysIn, shareOfSlices, slicesOf } from './share.ts'

const shareMax = 50

export interface HoldoutFields {
  readonly id: string
  readonly name: string
  readonly description: string
  /** In percent. */
  readonly share: string
  /** As a field of a date and time has it; empty: at once. */
  readonly start: string
  /** As a field of a date has it: the last day; empty: after 90 days. */
  readonly stop: string
  /** Keys, separated by commas. */
  readonly flags: string
  readonly goals: string
}

export const emptyHoldout: HoldoutFields = {
  id: '',
  name: '',
  description: '',
  share: '5',
  start: '',
  stop: '',
  flags: '',
  goals: '',
}

export const holdoutFields = (holdout: Holdout): HoldoutFields => ({
  id: holdout.id,
  name: holdout.name,
  description: holdout.description,
  share: shareOfSlices(holdout.slices),
  start: whenText(holdout.startAt),
  // the end is exclusive
  stop: dayText(holdout.stopAt - 1),
  flags: holdout.flagKeys?.join(', ') ?? '',
  goals: holdout.goalKeys.join(', '),
})

const { holdouts: words } = holdBacks
const keysText = (keys: readonly string[]) => keys.join(', ')

/** Once it has begun, who is held back stays, and what is compared; at last its end does, too. */
function settled(fields: HoldoutFields, holdout: Holdout): HoldoutFields {
  if (holdout.status === 'waiting') return fields
  const { share, start, stop, flags, goals } = holdoutFields(holdout)
  return { ...fields, share, start, flags, goals, ...(holdout.status === 'ended' && { stop }) }
}

export const holdoutForm: FormOf<Holdout, HoldoutFields> = {
  empty: emptyHoldout,
  fieldsOf: holdoutFields,
  settled,
  rules: {
    id: 'stored',
    name: { label: holdBacks.name },
    description: { label: holdBacks.description },
    share: { label: words.share },
    start: { label: words.start },
    stop: { label: words.stop },
    flags: {
      label: words.flags,
      text: (flags) => keysText(keysIn(flags)) || merging.all,
      combine: combineTexts(keysIn, keysText, combineFilters),
    },
    goals: { label: words.goals, combine: combineTexts(keysIn, keysText) },
  },
}

/** Undefined while something is missing or no number. */
export function holdoutBody(fields: HoldoutFields): Body | undefined {
  const { id, name, description, share, start, stop, flags, goals } = fields
  const slices = slicesOf(share, shareMax)
  if (id === '' || slices === undefined) return undefined
  return {
    id,
    name,
    description,
    slices,
    ...(start !== '' && { startAt: Date.parse(start) }),
    ...(stop !== '' && { stopAt: dayEnd(stop) }),
    ...(keysIn(flags).length > 0 && { flagKeys: keysIn(flags) }),
    goalKeys: keysIn(goals),
  }
}
