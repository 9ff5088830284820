// The form of a segment and what the API takes. Pure.
import type { Clause } from '../../../core/model/clause.ts'
import type { Segment } from '../../../core/model/segment.ts'
import { segmentOperators } from '../../../core/model/vocabulary.ts'
import type { Body } from '../change/changes-between.ts'
import { combineTexts } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { audience } from '../messages/audience.ts'
import { targeting } from '../messages/targeting.ts'
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

const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '')

/** A line for each group. */
const groupsText = (groups: SegmentFields['groups']) =>
  groups
    .map((group) =>
      group
        .map(({ kept, values }) => `${kept.attribute} ${targeting.operators[kept.operator]} ${values}`.trim())
        .join('; '),
    )
    .join('\n')

export const segmentForm: FormOf<Segment, SegmentFields> = {
  empty: emptySegment,
  fieldsOf: segmentFields,
  rules: {
    key: 'stored',
    name: { label: audience.name },
    description: { label: audience.description },
    included: {
      label: audience.segments.listed,
      combine: combineTexts(linesOf, (lines) => lines.join('\n')),
    },
    includedBefore: 'stored',
    groups: { label: audience.segments.rules, text: groupsText },
  },
}

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
