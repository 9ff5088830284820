// Creates a segment, or edits its rules and list.
import { useNavigate } from '@tanstack/react-router'
import { Plus, Trash2 } from 'lucide-react'
import type { Clause } from '../../../core/model/clause.ts'
import type { Segment } from '../../../core/model/segment.ts'
import { operators, segmentOperators } from '../../../core/model/vocabulary.ts'
import { useEnvironmentId } from '../api/place.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { NameAndId } from '../change/name-and-id.tsx'
import { useEdit } from '../change/use-edit.ts'
import { audience } from '../messages/audience.ts'
import { common } from '../messages/common.ts'
import { editing } from '../messages/editing.ts'
import { targeting } from '../messages/targeting.ts'
import { Button } from '../ui/button.tsx'
import { ChipsInput } from '../ui/chips-input.tsx'
import { SelectField, TextArea, TextField } from '../ui/fields.tsx'
import { listOf, listText } from '../ui/list-text.ts'
import css from './audience.module.css'
import { type ClauseFields, emptyClause, segmentBody, segmentForm } from './segment-fields.ts'

const { segments: words } = audience

export function SegmentForm({ segment, onClose }: { segment?: Segment; onClose: () => void }) {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const edit = useEdit(segment, segmentForm)
  const { fields, set } = edit
  const { key, name, description, included, groups } = fields
  const setGroup = (place: number, group: readonly ClauseFields[]) =>
    set({ groups: groups.map((each, i) => (i === place ? group : each)).filter((each) => each.length > 0) })
  return (
    <EntityDialog
      plural="segments"
      words={words}
      edit={edit}
      bodyOf={segmentBody}
      shown={name || key}
      wide
      onDone={() => {
        onClose()
        void navigate({
          to: '/environments/$environment/segments/$segment' as '/',
          params: { environment, segment: key } as never,
        })
      }}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <div className={css['pair']}>
            <NameAndId
              words={{ name: audience.name, id: audience.key, idHint: audience.keyHint }}
              idField="key"
              name={name}
              id={key}
              fixed={segment !== undefined}
              problemOf={problemOf}
              onChange={(next) => set({ name: next.name, key: next.id })}
            />
          </div>
          <TextField
            label={`${audience.description} (${common.optional})`}
            problem={problemOf('description')}
            value={description}
            onChange={(event) => set({ description: event.target.value })}
          />
          <fieldset>
            <legend>{words.rules}</legend>
            {groups.length > 0 && <small className={css['quiet']}>{words.valuesHint}</small>}
            {groups.map((group, place) => (
              <div key={place} className={css['group']}>
                {group.map((clause, i) => (
                  <ClauseRow
                    key={i}
                    clause={clause}
                    onChange={(next) =>
                      setGroup(
                        place,
                        group.map((each, k) => (k === i ? next : each)),
                      )
                    }
                    onRemove={() =>
                      setGroup(
                        place,
                        group.filter((_, k) => k !== i),
                      )
                    }
                  />
                ))}
                <div>
                  <Button small onClick={() => setGroup(place, [...group, emptyClause])}>
                    <Plus size={13} aria-hidden />
                    {words.addCondition}
                  </Button>
                </div>
              </div>
            ))}
            <div>
              <Button small onClick={() => set({ groups: [...groups, [emptyClause]] })}>
                <Plus size={13} aria-hidden />
                {words.addGroup}
              </Button>
            </div>
          </fieldset>
          <TextArea
            label={words.listed}
            hint={words.listedHint}
            problem={problemOf('included')}
            rows={4}
            value={included}
            onChange={(event) => set({ included: event.target.value })}
          />
        </>
      )}
    </EntityDialog>
  )
}

interface ClauseRowProps {
  readonly clause: ClauseFields
  readonly onChange: (clause: ClauseFields) => void
  readonly onRemove: () => void
}

const ClauseRow = ({ clause: { kept, values }, onChange, onRemove }: ClauseRowProps) => (
  <div className={css['clause']}>
    <TextField
      label={words.attribute}
      quiet
      mono
      placeholder={words.attribute}
      disabled={segmentOperators.has(kept.operator)}
      value={kept.attribute}
      onChange={(event) => onChange({ kept: { ...kept, attribute: event.target.value }, values })}
    />
    <SelectField
      label={words.operator}
      quiet
      value={kept.operator}
      onChange={(event) =>
        onChange({ kept: { ...kept, operator: event.target.value as Clause['operator'] }, values })
      }
    >
      {operators
        .filter((operator) => operator !== 'flag-is')
        .map((operator) => (
          <option key={operator} value={operator}>
            {targeting.operators[operator]}
          </option>
        ))}
    </SelectField>
    {kept.operator === 'matches' ? (
      <ChipsInput
        label={words.values}
        values={listOf(values)}
        placeholder={editing.editor.pattern}
        keepsCommas
        removeLabel={editing.editor.remove}
        onChange={(patterns) => onChange({ kept, values: listText(patterns) })}
      />
    ) : (
      <TextField
        label={words.values}
        quiet
        placeholder={words.values}
        value={values}
        onChange={(event) => onChange({ kept, values: event.target.value })}
      />
    )}
    <Button look="ghost" icon aria-label={words.removeCondition} onClick={onRemove}>
      <Trash2 size={14} />
    </Button>
  </div>
)
