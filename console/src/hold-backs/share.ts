// Slices as people write and read them: percents, two decimals at most. Pure.
import { shareText } from '../operations/lanes.ts'
import { numberOf } from '../ui/field-text.ts'

/** Of 10,000 slices (core/model/limits.ts). */
const slicesPerPercent = 100
const weightPerSlice = 10

/** Undefined if the text is no share that a layer or a holdout can have. */
export function slicesOf(percent: string, max = 100): number | undefined {
  const share = numberOf(percent)
  const slices = share === undefined ? 0 : Math.round(share * slicesPerPercent)
  return slices >= 1 && slices <= max * slicesPerPercent ? slices : undefined
}

export const slicesText = (slices: number): string => shareText(slices * weightPerSlice)

/** As the form has it. */
export const shareOfSlices = (slices: number): string => String(slices / slicesPerPercent)

/** `a, b` as a list without what is empty. */
export const keysIn = (text: string): string[] => text.split(',').flatMap((key) => key.trim() || [])
