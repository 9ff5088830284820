// The values that a flag can answer, each edited as its type.
import { Plus, Trash2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { Flag, Variation as VariationShape } from '../../../core/model/flag.ts'
import { useMay } from '../api/place.ts'
import { debugging } from '../messages/debugging.ts'
import { Button } from '../ui/button.tsx'
import { CodeEditor } from '../ui/code-editor.tsx'
import { InlineSelect, TextArea, TextField } from '../ui/fields.tsx'
import { Status, Variation } from '../ui/marks.tsx'
import { isServed, replaced, withDraft, withoutVariation } from './draft.ts'
import { newVariationId } from './draft-of.ts'
import { Review } from './review.tsx'
import layout from './review.module.css'
import { colourOf } from './text.ts'
import { useDraft } from './use-draft.ts'
import { useFlag } from './use-flag.ts'
import { ValueSchema } from './value-schema.tsx'
import { placed, schemaProblems, syntaxProblem } from './value-problem.ts'
import css from './variations.module.css'

const words = debugging.variations

export default function Variations() {
  const stored = useFlag()
  const draft = useDraft(stored)
  const canEdit = useMay('editor') && !stored.archived
  const { edit, set } = draft
  const generation = useEnded(draft.isChanged)
  const flag = withDraft(edit.base, edit.draft)
  const { variations } = flag
  const add = () => {
    const id = newVariationId(variations.map((each) => each.id))
    const value = variations.at(-1)!.value
    set({ variations: [...variations, { id, name: id, description: '', value }] })
  }
  return (
    <div className={layout['split']}>
      <div className={layout['work']}>
        <p>{words.lead}</p>
        {variations.map((variation, place) => (
          <VariationEditor
            key={`${variation.id} ${generation}`}
            flag={flag}
            variation={variation}
            canEdit={canEdit}
            isServed={isServed(edit.draft, variation.id)}
            onChange={(next) => set({ variations: replaced(variations, place, next) })}
            onRemove={() => set(withoutVariation(edit.draft, variation.id))}
          />
        ))}
        {canEdit && flag.type !== 'boolean' && (
          <div>
            <Button onClick={add}>
              <Plus size={14} aria-hidden />
              {words.add}
            </Button>
          </div>
        )}
        {flag.type !== 'boolean' && (
          <ValueSchema
            key={generation}
            flag={flag}
            canEdit={canEdit}
            onChange={(valueSchema) => set({ valueSchema })}
          />
        )}
      </div>
      <Review stored={stored} draft={draft} />
    </div>
  )
}

/** Counts how often a draft was saved or discarded: editors own their text, and begin anew then. */
function useEnded(isChanged: boolean): number {
  const [seen, setSeen] = useState({ isChanged, count: 0 })
  if (seen.isChanged !== isChanged) setSeen({ isChanged, count: seen.count + (isChanged ? 0 : 1) })
  return seen.count
}

interface VariationEditorProps {
  readonly flag: Flag
  readonly variation: VariationShape
  readonly canEdit: boolean
  readonly isServed: boolean
  readonly onChange: (variation: VariationShape) => void
  readonly onRemove: () => void
}

function VariationEditor({
  flag,
  variation,
  canEdit,
  isServed: served,
  onChange,
  onRemove,
}: VariationEditorProps) {
  const { id, name, description } = variation
  const { type, variations } = flag
  // another value put in from outside begins a new editor
  const [generation, setGeneration] = useState(0)
  const shown = name || id
  // the api converts the value of a yaml flag anew
  const setValue = (value: string) => {
    const { json: _, ...rest } = variation
    onChange({ ...rest, value })
  }
  const others = variations.filter((each) => each.id !== id)
  return (
    <section className={css['variation']} aria-label={shown}>
      <header>
        <h2>
          <Variation name={shown} colour={colourOf(flag, id)} />
        </h2>
        {variation.baseline && <small>{words.baseline}</small>}
        <span className={css['buttons']}>
          {canEdit && type !== 'boolean' && others.length > 0 && (
            <InlineSelect
              label={words.copyFrom}
              value=""
              onChange={(event) => {
                const other = others.find((each) => each.id === event.target.value)
                if (!other) return
                setValue(other.value)
                setGeneration(generation + 1)
              }}
            >
              <option value="">{words.copyFrom}</option>
              {others.map((other) => (
                <option key={other.id} value={other.id}>
                  {other.name || other.id}
                </option>
              ))}
            </InlineSelect>
          )}
          {canEdit && others.length > 0 && type !== 'boolean' && (
            <Button
              look="ghost"
              small
              icon
              aria-label={words.remove(shown)}
              title={served ? words.served : words.remove(shown)}
              disabled={served}
              onClick={onRemove}
            >
              <Trash2 size={14} />
            </Button>
          )}
        </span>
      </header>
      <div className={css['about']}>
        <TextField
          label={words.name}
          value={name}
          disabled={!canEdit}
          onChange={(event) => onChange({ ...variation, name: event.target.value })}
        />
        <TextField
          label={words.description}
          value={description}
          disabled={!canEdit}
          onChange={(event) => onChange({ ...variation, description: event.target.value })}
        />
      </div>
      <Value key={generation} flag={flag} variation={variation} canEdit={canEdit} onChange={setValue} />
    </section>
  )
}

type ValueProps = Pick<VariationEditorProps, 'flag' | 'variation' | 'canEdit'> & {
  readonly onChange: (value: string) => void
}

function Value({ flag, variation: { id, name, value }, canEdit, onChange }: ValueProps) {
  const { type, variations, valueSchema } = flag
  const label = words.value(name || id)
  const place = variations.findIndex((each) => each.id === id)
  // of the text that the editor holds, which may be newer than the flag
  const problemsOf = (text: string) => {
    const changed = variations.map((each) => (each.id === id ? { ...each, value: text } : each))
    return schemaProblems({ ...flag, variations: changed }).filter(
      ({ path }) => path === `variations.${place}.value`,
    )
  }
  const problems = useMemo(() => problemsOf(value), [value, valueSchema])
  if (type === 'boolean') return <code>{value}</code>
  if (type === 'number' || type === 'string') {
    const field = {
      label,
      value,
      disabled: !canEdit,
      problem: problems.map(({ message }) => message).join('; ') || undefined,
    }
    return type === 'number' ? (
      <TextField {...field} mono inputMode="decimal" onChange={(event) => onChange(event.target.value)} />
    ) : (
      <TextArea
        {...field}
        rows={Math.min(8, value.split('\n').length + 1)}
        onChange={(event) => onChange(event.target.value)}
      />
    )
  }
  const syntax = syntaxProblem(type, value)
  return (
    <>
      <CodeEditor
        label={label}
        language={type}
        value={value}
        isReadOnly={!canEdit}
        problemsOf={(text) => {
          const problem = syntaxProblem(type, text)
          return problem ? [problem] : placed(text, problemsOf(text))
        }}
        onChange={onChange}
      />
      {syntax ? (
        <Status long is="failed">
          {words.invalid}: {syntax.message}
        </Status>
      ) : (
        problems.length === 0 && (
          <Status long is="healthy">
            {words.valid(type.toUpperCase())}
            {valueSchema && `, ${words.fits}`}
          </Status>
        )
      )}
      {!syntax &&
        problems.map(({ message }) => (
          <Status key={message} long is="failed">
            {message}
          </Status>
        ))}
    </>
  )
}
