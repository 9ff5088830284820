// A draft and a newer flag: what both changed stands side by side, and nothing that was typed is lost.
import { useMemo, useState } from 'react'
import type { AnyOf } from '../../../core/model/clause.ts'
import type { Flag, Rule } from '../../../core/model/flag.ts'
import { editing } from '../messages/editing.ts'
import { merging } from '../messages/merging.ts'
import { targeting as words } from '../messages/targeting.ts'
import type { Side } from '../change/merge-fields.ts'
import { Sides } from '../change/sides.tsx'
import { Button } from '../ui/button.tsx'
import { Note } from '../ui/page.tsx'
import type { Draft, Edit } from './draft.ts'
import { type Conflict, merge } from './merge.ts'
import { conditionText, listed, type Named, strategyText, variationName } from './text.ts'

const texts = editing.merge

interface MergeViewProps {
  readonly edit: Edit
  readonly theirs: Flag
  readonly onMerged: (draft: Draft) => void
}

export function MergeView({ edit, theirs, onMerged }: MergeViewProps) {
  const [choices, setChoices] = useState<Readonly<Record<string, Side>>>({})
  const { conflicts } = useMemo(() => merge(edit, theirs), [edit, theirs])
  const isReady = conflicts.every(({ place }) => choices[place] !== undefined)
  const flag = { ...theirs, variations: [...edit.draft.variations, ...theirs.variations] }
  return (
    <>
      <Note tone="warning" alert>
        <b>{texts.title}</b>
        <p>{conflicts.length > 0 ? merging.lead : texts.clean}</p>
      </Note>
      {conflicts.map((conflict) => (
        <Sides
          key={conflict.place}
          title={titleOf(conflict)}
          name={conflict.place}
          texts={{
            base: textOf(conflict, conflict.base, flag),
            mine: textOf(conflict, conflict.mine, flag),
            theirs: textOf(conflict, conflict.theirs, flag),
          }}
          chosen={choices[conflict.place]}
          onChoose={(side) => setChoices({ ...choices, [conflict.place]: side })}
        />
      ))}
      <Button look="primary" disabled={!isReady} onClick={() => onMerged(merge(edit, theirs, choices).draft)}>
        {texts.take}
      </Button>
    </>
  )
}

function titleOf({ field, base, mine, theirs }: Conflict): string {
  const { name, id } = (mine ?? theirs ?? base) as { name?: string; id?: string }
  if (field === 'rules') return words.ruleNamed(name || (id ?? ''))
  if (field === 'variations') return words.variation(name || (id ?? ''))
  return words.fields[field]
}

function textOf({ field }: Conflict, value: unknown, flag: Named): string {
  if (value === undefined) return field === 'offVariationId' ? words.codeDefault : merging.gone
  switch (field) {
    case 'rules': {
      const { anyOf, strategy, name } = value as Rule
      return `${name && `${name}: `}${conditionText(anyOf as AnyOf)} → ${strategyText(flag, strategy)}`
    }
    case 'variations': {
      const { name, id, value: text } = value as Flag['variations'][number]
      return `${name || id}: ${text}`
    }
    case 'valueSchema':
      return JSON.stringify(value)
    case 'offVariationId':
      return variationName(flag, value as string)
    case 'defaultStrategy':
      return strategyText(flag, (value as Flag['defaultStrategy']).strategy)
    case 'prerequisites':
      return (
        listed(
          (value as Flag['prerequisites']).map(({ flagKey, variationId }) => `${flagKey} ${variationId}`),
        ) || words.none
      )
    case 'targets':
      return (
        (value as Flag['targets'])
          .map(
            ({ variationId, targetingKeys }) =>
              `${variationName(flag, variationId)}: ${listed(targetingKeys)}`,
          )
          .join('; ') || words.none
      )
  }
}
