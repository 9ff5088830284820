// Tackline with its default allocation: whole percents, murmur3 x86-32.
import { tackline } from '../tackline.ts'

export const contender = tackline('percent')
