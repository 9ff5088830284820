// A list of texts, typed one by one or pasted many at once: Enter, comma or leaving the field adds. Quotes hold
// what has a comma, as in every other list.
import { X } from 'lucide-react'
import { type ClipboardEvent, type KeyboardEvent, useId, useRef, useState } from 'react'
import css from './chips-input.module.css'
import { hasOpenQuote, listOf } from './list-text.ts'

interface ChipsInputProps {
  readonly label: string
  readonly values: readonly string[]
  readonly onChange: (values: readonly string[]) => void
  readonly placeholder?: string
  readonly suggestions?: readonly string[]
  readonly onType?: (text: string) => void
  readonly removeLabel: (value: string) => string
  /** Whether a comma is part of a value, as in a pattern. */
  readonly keepsCommas?: boolean
  readonly disabled?: boolean
}

/** Chips in the document; more are counted. */
const shownMax = 200

export function ChipsInput(props: ChipsInputProps) {
  const { label, values, placeholder, suggestions = [], removeLabel, keepsCommas, disabled } = props
  const [text, setText] = useState('')
  const box = useRef<HTMLSpanElement>(null)
  const id = useId()
  const onChange = (next: readonly string[]) => {
    props.onChange(next)
    // a chip that is removed or pasted is typed as well: a dialog asks before it drops it
    box.current?.dispatchEvent(new Event('input', { bubbles: true }))
  }
  const add = (typed: string) => {
    const lines = typed.split('\n')
    const parts = keepsCommas ? lines.map((line) => line.trim()) : lines.flatMap(listOf)
    const fresh = [...new Set(parts)].filter((part) => part !== '' && !values.includes(part))
    if (fresh.length > 0) onChange([...values, ...fresh])
    setText('')
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends the composition of a Japanese word is part of the word
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter' || (event.key === ',' && !keepsCommas && !hasOpenQuote(text))) {
      event.preventDefault()
      add(text)
    } else if (event.key === 'Backspace' && text === '') onChange(values.slice(0, -1))
  }
  const onPaste = (event: ClipboardEvent) => {
    const pasted = event.clipboardData.getData('text')
    if (!/[,\n]/.test(pasted)) return
    event.preventDefault()
    add(text + pasted)
  }
  const hidden = Math.max(0, values.length - shownMax)
  return (
    <span ref={box} className={css['chips']} data-disabled={disabled || undefined}>
      {hidden > 0 && <span className={css['count']}>+ {hidden}</span>}
      {values.slice(hidden).map((value) => (
        <span key={value} className={css['chip']}>
          <span>{value}</span>
          {!disabled && (
            <button
              type="button"
              aria-label={removeLabel(value)}
              onClick={() => onChange(values.filter((each) => each !== value))}
            >
              <X size={11} />
            </button>
          )}
        </span>
      ))}
      {!disabled && (
        <input
          aria-label={label}
          value={text}
          list={suggestions.length > 0 ? id : undefined}
          placeholder={values.length === 0 ? placeholder : undefined}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value)
            props.onType?.(event.target.value)
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={() => add(text)}
        />
      )}
      {suggestions.length > 0 && (
        <datalist id={id}>
          {suggestions
            .filter((each) => !values.includes(each))
            .map((each) => (
              <option key={each} value={each} />
            ))}
        </datalist>
      )}
    </span>
  )
}
