// One condition: attribute, operator, values. What can be chosen fits what was chosen before it.
import { useQuery } from '@tanstack/react-query'
import { SlidersHorizontal, X } from 'lucide-react'
import { useDeferredValue, useId, useState } from 'react'
import { type Clause, textOperators } from '../../../core/model/clause.ts'
import {
  comparisons,
  type Operator,
  operators,
  orderedOperators,
  segmentOperators,
} from '../../../core/model/vocabulary.ts'
import { attributesQuery, attributeValuesQuery, segmentsQuery } from '../api/flag-queries.ts'
import { useEnvironmentId } from '../api/place.ts'
import { flagQuery, flagRowsQuery } from '../api/queries.ts'
import { editing } from '../messages/editing.ts'
import { targeting as words } from '../messages/targeting.ts'
import { Button } from '../ui/button.tsx'
import { ChipsInput } from '../ui/chips-input.tsx'
import { Checkbox, InlineSelect } from '../ui/fields.tsx'
import css from './rules.module.css'

const { editor } = editing
const groups: readonly [keyof typeof editor.groups, readonly Operator[]][] = [
  ['text', ['equals', 'not-equals', 'in', 'starts-with', 'ends-with', 'contains', 'not-contains', 'matches']],
  ['order', ['greater', 'greater-or-equal', 'less', 'less-or-equal']],
  ['time', ['before', 'after']],
  ['presence', ['exists', 'not-exists']],
  ['other', ['in-segment', 'not-in-segment', 'flag-is']],
]
const valueless: ReadonlySet<string> = new Set<Operator>(['exists', 'not-exists'])

interface ClauseEditorProps {
  readonly clause: Clause
  /** The word before it: if, and. */
  readonly lead: string
  readonly onChange: (clause: Clause) => void
  readonly onRemove: (() => void) | undefined
}

export function ClauseEditor({ clause, lead, onChange, onRemove }: ClauseEditorProps) {
  const { attribute, operator, negated, ignoreCase, compareAs } = clause
  const [isOpen, setIsOpen] = useState(false)
  const isOrdered = orderedOperators.has(operator)
  const hasExtra = negated === true || ignoreCase === true || compareAs !== undefined
  return (
    <div className={css['clause']}>
      <span className={css['lead']}>{lead}</span>
      {!segmentOperators.has(operator) &&
        (operator === 'flag-is' ? (
          <FlagSelect
            value={attribute}
            onChange={(next) => onChange({ ...clause, attribute: next, values: [] })}
          />
        ) : (
          <AttributeInput value={attribute} onChange={(next) => onChange({ ...clause, attribute: next })} />
        ))}
      <InlineSelect
        label={editor.operator}
        value={operator}
        onChange={(event) => onChange(withOperator(clause, event.target.value as Operator))}
      >
        {groups.map(([group, each]) => (
          <optgroup key={group} label={editor.groups[group]}>
            {each.map((one) => (
              <option key={one} value={one}>
                {words.operators[one]}
              </option>
            ))}
          </optgroup>
        ))}
      </InlineSelect>
      {!valueless.has(operator) && (
        <Values clause={clause} onChange={(next) => onChange({ ...clause, values: next })} />
      )}
      <Button
        look="ghost"
        small
        icon
        aria-label={editor.options}
        aria-expanded={isOpen || hasExtra}
        onClick={() => setIsOpen(!isOpen)}
      >
        <SlidersHorizontal size={13} />
      </Button>
      {onRemove && (
        <Button
          look="ghost"
          small
          icon
          aria-label={editor.remove(`${attribute} ${words.operators[operator]}`)}
          onClick={onRemove}
        >
          <X size={14} />
        </Button>
      )}
      {(isOpen || hasExtra) && (
        <div className={css['extra']}>
          <Checkbox
            label={editor.negated}
            hint={editor.negatedHint}
            checked={negated ?? false}
            onChange={(event) => onChange(withFlag(clause, 'negated', event.target.checked))}
          />
          {textOperators.has(operator) && (
            <Checkbox
              label={editor.ignoreCase}
              checked={ignoreCase ?? false}
              onChange={(event) => onChange(withFlag(clause, 'ignoreCase', event.target.checked))}
            />
          )}
          {isOrdered && (
            <InlineSelect
              label={editor.compareAs}
              value={compareAs ?? ''}
              onChange={({ target: { value } }) => {
                const { compareAs: _, ...rest } = clause
                const chosen = comparisons.find((each) => each === value)
                onChange(chosen ? { ...rest, compareAs: chosen } : rest)
              }}
            >
              <option value="">{editor.compareByItself}</option>
              {comparisons
                .filter((each) => each === 'bucketeer' || (operator !== 'before' && operator !== 'after'))
                .map((each) => (
                  <option key={each} value={each}>
                    {words.compareAs[each]}
                  </option>
                ))}
            </InlineSelect>
          )}
        </div>
      )}
    </div>
  )
}

/** Without what the operator does not take. */
function withOperator(clause: Clause, operator: Operator): Clause {
  const { ignoreCase, compareAs, ...rest } = clause
  const kindOf = (each: Operator) =>
    segmentOperators.has(each) ? 'segment' : each === 'flag-is' ? 'flag' : 'value'
  const isSameKind = kindOf(clause.operator) === kindOf(operator)
  const isTime = operator === 'before' || operator === 'after'
  const keepsComparison =
    compareAs !== undefined && orderedOperators.has(operator) && (!isTime || compareAs === 'bucketeer')
  return {
    ...rest,
    operator,
    attribute: isSameKind ? clause.attribute : '',
    values: isSameKind && !valueless.has(operator) ? clause.values : [],
    ...(ignoreCase && textOperators.has(operator) && { ignoreCase }),
    ...(keepsComparison && { compareAs }),
  }
}

function withFlag(clause: Clause, name: 'negated' | 'ignoreCase', on: boolean): Clause {
  const { [name]: _, ...rest } = clause
  return on ? { ...rest, [name]: true } : rest
}

function AttributeInput({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { data: names = [] } = useQuery(attributesQuery(useEnvironmentId()))
  const id = useId()
  const known = [...new Set(['targetingKey', ...names])]
  return (
    <>
      <input
        className={css['attribute']}
        aria-label={editor.attribute}
        placeholder={editor.attribute}
        value={value}
        list={id}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={id}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  )
}

export function FlagSelect({ value, onChange }: { value: string; onChange: (key: string) => void }) {
  const { data } = useQuery(flagRowsQuery(useEnvironmentId()))
  return (
    <InlineSelect
      label={editor.prerequisiteFlag}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {value === '' && <option value="">…</option>}
      {data?.flags
        .filter(({ archived, key }) => !archived || key === value)
        .map(({ key, name }) => (
          <option key={key} value={key}>
            {name || key}
          </option>
        ))}
    </InlineSelect>
  )
}

function Values({ clause, onChange }: { clause: Clause; onChange: (values: string[]) => void }) {
  if (segmentOperators.has(clause.operator)) return <Segments values={clause.values} onChange={onChange} />
  if (clause.operator === 'flag-is') return <Variations clause={clause} onChange={onChange} />
  return <Texts clause={clause} onChange={onChange} />
}

function Texts({ clause, onChange }: { clause: Clause; onChange: (values: string[]) => void }) {
  const [typed, setTyped] = useState('')
  const prefix = useDeferredValue(typed)
  const { data = [] } = useQuery(attributeValuesQuery(useEnvironmentId(), clause.attribute, prefix))
  const isTime = clause.operator === 'before' || clause.operator === 'after'
  const isPattern = clause.operator === 'matches'
  return (
    <ChipsInput
      label={editor.values}
      values={clause.values}
      suggestions={data}
      placeholder={isPattern ? editor.pattern : isTime ? editor.time : editor.addValue}
      keepsCommas={isPattern}
      removeLabel={editor.remove}
      onType={setTyped}
      onChange={(values) => onChange([...values])}
    />
  )
}

/** Segments by name, with how many members they list. */
function Segments({ values, onChange }: { values: readonly string[]; onChange: (values: string[]) => void }) {
  const { data = [] } = useQuery(segmentsQuery(useEnvironmentId()))
  const left = data.filter(({ key }) => !values.includes(key))
  return (
    <span className={css['picked']}>
      {values.map((key) => {
        const segment = data.find((each) => each.key === key)
        const count = (segment?.included.length ?? 0) + (segment?.members?.count ?? 0)
        return (
          <span key={key} className={css['value']}>
            {segment?.name || key}
            {count > 0 && <small>{editor.members(count)}</small>}
            <button
              type="button"
              aria-label={editor.remove(key)}
              onClick={() => onChange(values.filter((each) => each !== key))}
            >
              <X size={11} />
            </button>
          </span>
        )
      })}
      {(left.length > 0 || values.length === 0) && (
        <InlineSelect
          label={editor.segments}
          value=""
          onChange={(event) => onChange([...values, event.target.value])}
        >
          <option value="">{editor.segments}…</option>
          {left.map(({ key, name }) => (
            <option key={key} value={key}>
              {name || key}
            </option>
          ))}
        </InlineSelect>
      )}
    </span>
  )
}

function Variations({ clause, onChange }: { clause: Clause; onChange: (values: string[]) => void }) {
  const environment = useEnvironmentId()
  const { data: flag } = useQuery({
    ...flagQuery(environment, clause.attribute),
    enabled: clause.attribute !== '',
  })
  return (
    <span className={css['picked']}>
      {flag?.variations.map(({ id, name }) => (
        <Checkbox
          key={id}
          label={name || id}
          checked={clause.values.includes(id)}
          onChange={(event) =>
            onChange(
              event.target.checked ? [...clause.values, id] : clause.values.filter((each) => each !== id),
            )
          }
        />
      ))}
    </span>
  )
}

/** All are offered: a new operator must be put into a group. */
if (import.meta.env.DEV && groups.flatMap(([, each]) => each).length !== operators.length)
  throw new Error('an operator is in no group')
