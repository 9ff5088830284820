// A segment: the users in its list, the users who match its rules, and uploaded members.
import * as z from 'zod'
import { Clause } from './clause.ts'
import { Key } from './flag.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'
import { membersMax } from './members.ts'
import { segmentOperators } from './vocabulary.ts'

/** Operators that test no attribute. */
export const outsideOperators: ReadonlySet<string> = new Set([...segmentOperators, 'flag-is'])

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
            ({ operator }) => operator !== 'flag-is',
            'a segment may ask for other segments, not for flags',
          ),
        )
        .min(1)
        .max(limits.clausesPerGroupMax),
    )
    .max(limits.groupsPerRuleMax)
    .default([]),
  /**
   * Uploaded members, stored apart from the snapshot: their number, the hash that names the encoded set
   * (members.ts), and the name of the uploaded list.
   */
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
