// Tags group flags. A flag lists the keys of its tags; an unknown key creates the tag.
import * as z from 'zod'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

export const TagKey = z.string().min(1).max(limits.keyLengthMax)

export const Tag = z.strictObject({
  key: TagKey,
  name: z.string().max(limits.nameLengthMax).default(''),
  ...versioned,
})
export type Tag = z.infer<typeof Tag>
