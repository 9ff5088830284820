// For whom a flag is evaluated: a form, or JSON as SDKs write it.
import { Plus, X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { debugging as words } from '../messages/debugging.ts'
import { Button } from '../ui/button.tsx'
import { Segmented, TextArea, TextField } from '../ui/fields.tsx'
import { Section } from '../ui/page.tsx'
import { type DebugContext, fromJson, toJson, withoutBlanks } from './context.ts'
import css from './debugger.module.css'
import { replaced, without } from './draft.ts'

interface ContextFormProps {
  readonly context: DebugContext
  readonly revision: number | undefined
  readonly onChange: (context: DebugContext) => void
  readonly onRevision: (revision: number | undefined) => void
  /** The context as it is asked for: without blanks around what was pasted into a field. */
  readonly onSubmit: (context: DebugContext) => void
}

export function ContextForm({ context, revision, onChange, onRevision, onSubmit }: ContextFormProps) {
  const [form, setForm] = useState<'form' | 'json'>('form')
  const [text, setText] = useState('')
  const { targetingKey, attributes } = context
  const isJson = form === 'json'
  const isSound = !isJson || fromJson(text) !== undefined
  const show = (next: 'form' | 'json') => {
    if (next === 'json') setText(toJson(context))
    setForm(next)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isSound) return
    const sent = isJson ? context : withoutBlanks(context)
    onChange(sent)
    onSubmit(sent)
  }
  const set = (place: number, next: readonly [string, string]) =>
    onChange({ ...context, attributes: replaced(attributes, place, next) })
  return (
    <form className={css['form']} onSubmit={submit}>
      <Section title={words.context}>
        <Segmented
          label={words.context}
          value={form}
          options={{ form: words.form, json: words.json }}
          onChange={show}
        />
      </Section>
      {isJson ? (
        <TextArea
          label={words.contextJson}
          quiet
          rows={8}
          value={text}
          problem={isSound ? undefined : words.notJson}
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value)
            const read = fromJson(event.target.value)
            if (read) onChange(read)
          }}
        />
      ) : (
        <>
          <TextField
            label={words.targetingKey}
            hint={words.targetingKeyHint}
            value={targetingKey}
            mono
            onChange={(event) => onChange({ ...context, targetingKey: event.target.value })}
          />
          {attributes.length > 0 && (
            <div className={css['pairs']} role="group" aria-label={words.attributes}>
              {attributes.map(([name, value], place) => (
                <div key={place}>
                  <input
                    className="mono"
                    aria-label={words.attributeName(place + 1)}
                    value={name}
                    autoComplete="off"
                    spellCheck={false}
                    onChange={(event) => set(place, [event.target.value, value])}
                  />
                  <input
                    aria-label={words.attributeValue(place + 1)}
                    value={value}
                    autoComplete="off"
                    spellCheck={false}
                    onChange={(event) => set(place, [name, event.target.value])}
                  />
                  <Button
                    look="ghost"
                    small
                    icon
                    aria-label={words.removeAttribute(name)}
                    onClick={() => onChange({ ...context, attributes: without(attributes, place) })}
                  >
                    <X size={13} />
                  </Button>
                </div>
              ))}
            </div>
          )}
        </>
      )}
      <TextField
        label={words.revision}
        hint={words.revisionHint}
        type="number"
        min={1}
        value={revision ?? ''}
        onChange={({ target: { value } }) => onRevision(value === '' ? undefined : Number(value))}
      />
      <div className={css['buttons']}>
        {!isJson && (
          <Button small onClick={() => onChange({ ...context, attributes: [...attributes, ['', '']] })}>
            <Plus size={13} aria-hidden />
            {words.addAttribute}
          </Button>
        )}
        <Button small look="primary" type="submit" disabled={!isSound}>
          {words.evaluate}
        </Button>
      </div>
    </form>
  )
}
