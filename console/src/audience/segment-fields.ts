// The form of a segment and what the API takes. Pure.
import type { Clause } from '../../../core/model/clause.ts'
import type { Segment } from '../../../core/model/segment.ts'
import { segmentOperators } from '../../../core/model/vocabulary.ts'
import type { Body } from '../change/changes-between.ts'
import { linesText, listOf, listOfLines, listText } from '../ui/list-text.ts'

export interface ClauseFields {
  /** As it is stored, but for its values. */
  readonly kept: Clause
  /** In one line. */
  readonly values: string
}

export interface SegmentFields {
  readonly key: string
  readonly name: string
  readonly description: string
  /** One targeting key per line. */
  readonly included: string
  /** As they are stored. */
  readonly includedBefore: readonly string[]
  readonly groups: readonly (readonly ClauseFields[])[]
}

export const emptyClause: ClauseFields = {
  kept: { attribute: '', operator: 'equals', values: [] },
  values: '',
}

export const emptySegment: SegmentFields = {
  key: '',
  name: '',
  description: '',
  included: '',
  includedBefore: [],
  groups: [],
}

export const segmentFields = ({ key, name, description, included, anyOf }: Segment): SegmentFields => ({
  key,
  name,
  description,
  included: linesText(included),
  includedBefore: included,
  groups: anyOf.map((group) => group.map((kept) => ({ kept, values: listText(kept.values) }))),
})

/** Undefined while the key is missing. */
export function segmentBody(fields: SegmentFields): Body | undefined {
  const { key, name, description, included, includedBefore, groups } = fields
  if (key === '') return undefined
  return {
    key,
    name,
    description,
    included: listOfLines(included, includedBefore),
    anyOf: groups.map((group) => group.map(clauseOf)),
  }
}

const clauseOf = ({ kept, values }: ClauseFields): Clause => ({
  ...kept,
  ...(segmentOperators.has(kept.operator) && { attribute: '' }),
  values: listOf(values),
})
