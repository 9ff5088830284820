// One rule: a sentence to read, and behind it the editor of its condition and of what it serves.
import { ArrowDown, ArrowUp, Copy, Pencil, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { AnyOf, Clause } from '../../../core/model/clause.ts'
import type { Allocation, Rule } from '../../../core/model/flag.ts'
import { segmentOperators } from '../../../core/model/vocabulary.ts'
import { percent } from '../messages/catalogue.ts'
import { editing } from '../messages/editing.ts'
import { targeting as words } from '../messages/targeting.ts'
import { Button } from '../ui/button.tsx'
import { DragHandle } from '../ui/drag-handle.tsx'
import { TextField } from '../ui/fields.tsx'
import { SplitBar, Variation } from '../ui/marks.tsx'
import { ClauseEditor } from './clause-editor.tsx'
import { newClause, replaced, without } from './draft.ts'
import css from './rules.module.css'
import { type Served, StrategyEditor } from './strategy-editor.tsx'
import { colourOf, listed, type Named, variationName } from './text.ts'
import { sharesOf } from './views.ts'

const { editor } = editing

interface RuleEditorProps {
  readonly rule: Rule
  /** As it is stored; undefined if it is new. */
  readonly before: Rule | undefined
  readonly place: number
  readonly count: number
  readonly flag: Named & { readonly allocation: Allocation }
  readonly isChanged: boolean
  readonly canEdit: boolean
  readonly onChange: (rule: Rule) => void
  /** To another place among the rules. */
  readonly onMove: (to: number) => void
  readonly onCopy: () => void
  readonly onRemove: () => void
}

export function RuleEditor(props: RuleEditorProps) {
  const { rule, before, place, count, flag, isChanged, canEdit, onChange, onMove, onCopy, onRemove } = props
  const [isOpen, setIsOpen] = useState(before === undefined)
  const title = words.rule(place + 1)
  const button = (label: string, icon: ReactNode, run: () => void, isDisabled = false) => (
    <Button look="ghost" small icon aria-label={label} title={label} disabled={isDisabled} onClick={run}>
      {icon}
    </Button>
  )
  return (
    <li className={css['rule']} aria-label={title}>
      <div className={css['rule-head']}>
        {canEdit && count > 1 && (
          <DragHandle
            label={editor.drag(title)}
            place={place}
            count={count}
            placed={editor.placed(rule.name || title, place + 1, count)}
            onMove={onMove}
          />
        )}
        <span className={css['number']}>{place + 1}</span>
        <span className={css['rule-title']}>
          {rule.name || title}
          {isChanged && <em>{before === undefined ? editor.added : editor.changed}</em>}
        </span>
        {canEdit && (
          <span className={css['buttons']}>
            {button(editor.up(title), <ArrowUp size={13} />, () => onMove(place - 1), place === 0)}
            {button(
              editor.down(title),
              <ArrowDown size={13} />,
              () => onMove(place + 1),
              place === count - 1,
            )}
            {button(editor.copy(title), <Copy size={13} />, onCopy)}
            {button(editor.remove(title), <Trash2 size={13} />, onRemove)}
            <Button
              small
              aria-expanded={isOpen}
              aria-label={isOpen ? editor.fold(title) : editor.edit(title)}
              onClick={() => setIsOpen(!isOpen)}
            >
              <Pencil size={12} aria-hidden />
              {isOpen ? editor.foldVerb : editor.editVerb}
            </Button>
          </span>
        )}
      </div>
      <div className={css['rule-body']}>
        {isOpen && canEdit ? (
          <>
            <TextField
              label={editor.ruleName}
              quiet
              placeholder={editor.ruleName}
              value={rule.name}
              onChange={(event) => onChange({ ...rule, name: event.target.value })}
            />
            <Condition anyOf={rule.anyOf} onChange={(anyOf) => onChange({ ...rule, anyOf })} />
            <StrategyEditor
              flag={flag}
              before={before?.strategy}
              served={rule}
              onChange={({ strategy, bucketBy }) => {
                const { bucketBy: _, ...rest } = rule
                onChange({ ...rest, strategy, ...(bucketBy !== undefined && { bucketBy }) })
              }}
            />
          </>
        ) : (
          <>
            <ConditionText anyOf={rule.anyOf} />
            <div className={css['clause']}>
              <span className={css['lead']}>{words.serve}</span>
              <ServedText flag={flag} served={rule} />
            </div>
          </>
        )}
      </div>
    </li>
  )
}

/** OR of AND. */
function Condition({ anyOf, onChange }: { anyOf: AnyOf; onChange: (anyOf: AnyOf) => void }) {
  const setGroup = (place: number, group: readonly Clause[]) =>
    onChange(group.length > 0 ? replaced(anyOf, place, [...group]) : without(anyOf, place))
  return (
    <div className={css['groups']}>
      {anyOf.map((group, place) => (
        <div key={place} className={css['group']}>
          {place > 0 && <p className={css['or']}>{words.or}</p>}
          {group.map((clause, i) => (
            <ClauseEditor
              key={i}
              clause={clause}
              lead={i > 0 ? words.and : words.if}
              onChange={(next) => setGroup(place, replaced(group, i, next))}
              onRemove={
                group.length + anyOf.length > 2 ? () => setGroup(place, without(group, i)) : undefined
              }
            />
          ))}
          <div className={css['add']}>
            <Button small look="ghost" onClick={() => setGroup(place, [...group, newClause()])}>
              <Plus size={12} aria-hidden />
              {editor.addClause}
            </Button>
            {place === anyOf.length - 1 && (
              <Button small look="ghost" onClick={() => onChange([...anyOf, [newClause()]])}>
                <Plus size={12} aria-hidden />
                {editor.addGroup}
              </Button>
            )}
          </div>
        </div>
      ))}
    </div>
  )
}

const ConditionText = ({ anyOf }: { anyOf: AnyOf }) => (
  <>
    {anyOf.map((group, place) => (
      <div key={place}>
        {place > 0 && <p className={css['or']}>{words.or}</p>}
        {group.map(({ attribute, operator, values, negated, ignoreCase, compareAs }, i) => (
          <div key={i} className={css['clause']}>
            <span className={css['lead']}>{i > 0 ? words.and : words.if}</span>
            {negated && <span className={css['word']}>{words.not}</span>}
            {segmentOperators.has(operator) ? (
              <span className={css['word']}>{words.user}</span>
            ) : (
              <span className={css['attribute-text']}>{attribute}</span>
            )}
            <span className={css['word']}>{words.operators[operator]}</span>
            {values.length > 0 && <span className={css['value']}>{listed(values)}</span>}
            {ignoreCase && <span className={css['word']}>{words.ignoringCase}</span>}
            {compareAs && <span className={css['word']}>{words.compareAs[compareAs]}</span>}
          </div>
        ))}
      </div>
    ))}
  </>
)

/** What is served, drawn. */
export function ServedText({ flag, served: { strategy, bucketBy } }: { flag: Named; served: Served }) {
  if (strategy.kind === 'fixed')
    return (
      <Variation
        name={variationName(flag, strategy.variationId)}
        colour={colourOf(flag, strategy.variationId)}
      />
    )
  const shares = sharesOf({ ...flag, serves: strategy }, words.rest)
  return (
    <span className={css['split']}>
      <SplitBar shares={shares} thick />
      <span className={css['names']}>
        {shares.map(({ name, colour, share }) => (
          <Variation key={name} name={`${name} ${percent(share)}`} colour={colour} />
        ))}
        {bucketBy && <code>{bucketBy}</code>}
      </span>
    </span>
  )
}
