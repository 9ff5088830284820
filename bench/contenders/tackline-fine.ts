// Tackline with fine allocation: thousandths of a percent, murmur3 x64-128.
import { tackline } from '../tackline.ts'

export const contender = tackline('fine')
