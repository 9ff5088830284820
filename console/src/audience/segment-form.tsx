// Creates a segment, or edits its rules and list.
import { useNavigate } from '@tanstack/react-router'
import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Clause } from '../../../core/model/clause.ts'
import type { Segment } from '../../../core/model/segment.ts'
import { operators, segmentOperators } from '../../../core/model/vocabulary.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { audience } from '../messages/audience.ts'
import { common } from '../messages/common.ts'
import { targeting } from '../messages/targeting.ts'
import { Button } from '../ui/button.tsx'
import { SelectField, TextArea, TextField } from '../ui/fields.tsx'
import { keyFollowing } from '../ui/key-of.ts'
import css from './audience.module.css'

const { segments: words } = audience

interface TypedClause {
  readonly kept: Clause
  readonly values: string
}
const empty: TypedClause = { kept: { attribute: '', operator: 'equals', values: [] }, values: '' }

/** Values are typed with commas between them. */
const typedOf = (clause: Clause): TypedClause => ({ kept: clause, values: clause.values.join(', ') })
const clauseOf = ({ kept, values }: TypedClause): Clause => ({
  ...kept,
  ...(segmentOperators.has(kept.operator) && { attribute: '' }),
  values: values
    .split(',')
    .map((value) => value.trim())
    .filter(Boolean),
})

export function SegmentForm({ segment, onClose }: { segment?: Segment; onClose: () => void }) {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const [fields, setFields] = useState({
    key: segment?.key ?? '',
    name: segment?.name ?? '',
    description: segment?.description ?? '',
    included: segment?.included.join('\n') ?? '',
    groups: segment?.anyOf.map((group) => group.map(typedOf)) ?? [],
  })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { key, name, description, included, groups } = fields
  const setGroup = (place: number, group: TypedClause[]) =>
    set({ groups: groups.map((each, i) => (i === place ? group : each)).filter((each) => each.length > 0) })
  const body = () => ({
    ...(!segment && { key }),
    name,
    description,
    included: included
      .split('\n')
      .map((id) => id.trim())
      .filter(Boolean),
    anyOf: groups.map((group) => group.map(clauseOf)),
  })
  const path = pathOf(environment, 'segments', ...(segment ? [segment.key] : []))
  return (
    <ChangeDialog
      title={segment ? words.edit : words.create}
      verb={segment ? words.save : words.create}
      wide
      isReady={key !== ''}
      run={(comment) =>
        change<Segment>(segment ? 'PATCH' : 'POST', path, {
          body: body(),
          comment,
          ...(segment && { version: segment.version }),
        })
      }
      done={({ entity }) => (segment ? common.saved : common.created)(entity.name || entity.key)}
      onDone={({ entity }) => {
        onClose()
        void navigate({
          to: '/environments/$environment/segments/$segment' as '/',
          params: { environment, segment: entity.key } as never,
        })
      }}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <div className={css['pair']}>
            <TextField
              label={audience.name}
              problem={problemOf('name')}
              value={name}
              onChange={({ target: { value } }) =>
                set({ name: value, ...(!segment && { key: keyFollowing(key, name, value) }) })
              }
            />
            <TextField
              label={audience.key}
              hint={audience.keyHint}
              problem={problemOf('key')}
              mono
              readOnly={segment !== undefined}
              value={key}
              onChange={(event) => set({ key: event.target.value })}
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
                  <Button small onClick={() => setGroup(place, [...group, empty])}>
                    <Plus size={13} aria-hidden />
                    {words.addCondition}
                  </Button>
                </div>
              </div>
            ))}
            <div>
              <Button small onClick={() => set({ groups: [...groups, [empty]] })}>
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
    </ChangeDialog>
  )
}

interface ClauseRowProps {
  readonly clause: TypedClause
  readonly onChange: (clause: TypedClause) => void
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
    <TextField
      label={words.values}
      quiet
      placeholder={words.values}
      value={values}
      onChange={(event) => onChange({ kept, values: event.target.value })}
    />
    <Button look="ghost" icon aria-label={words.removeCondition} onClick={onRemove}>
      <Trash2 size={14} />
    </Button>
  </div>
)
