// A named set of targeting keys: an include list, or whoever matches one of its rules.
import * as z from 'zod'
import { Clause } from './clause.ts'
import { Key } from './flag.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'
import { membersMax } from './members.ts'

/** Operators that look outside the context are refused here: a segment depends on no flag and no other segment. */
const outward: ReadonlySet<string> = new Set(['in-segment', 'flag-is'])

export const Segment = z.strictObject({
  key: Key,
  name: z.string().max(limits.nameLengthMax).default(''),
  description: z.string().max(limits.descriptionLengthMax).default(''),
  included: z.array(z.string().min(1).max(limits.valueLengthMax)).max(limits.segmentMembersMax).default([]),
  anyOf: z
    .array(
      z
        .array(
          Clause.refine(
            ({ operator }) => !outward.has(operator),
            'a segment cannot ask for a segment or a flag',
          ),
        )
        .min(1)
        .max(limits.clausesPerGroupMax),
    )
    .max(limits.groupsPerRuleMax)
    .default([]),
  /** Uploaded members, which lie apart from the snapshot: how many, the hash of their set (members.ts) that names it, and their list. */
  members: z
    .strictObject({
      count: z.int().min(1).max(membersMax),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      list: z.string(),
    })
    .optional(),
  ...versioned,
})
export type Segment = z.infer<typeof Segment>
