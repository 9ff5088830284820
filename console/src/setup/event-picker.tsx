// Chooses what a webhook is told of: by what it happens to, in words, or all of a kind at once.
import { useState } from 'react'
import { setup } from '../messages/setup.ts'
import { eventWords } from '../messages/webhook-events.ts'
import { Checkbox, TextField } from '../ui/fields.tsx'
import css from './setup.module.css'
import { foundEvents, withEvents } from './webhook-events.ts'

const { webhooks: words } = setup

interface EventPickerProps {
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

export function EventPicker({ chosen, onChange }: EventPickerProps) {
  const [text, setText] = useState('')
  const groups = foundEvents(text)
  const set = (kinds: readonly string[], isWanted: boolean) => onChange(withEvents(chosen, kinds, isWanted))
  return (
    <fieldset>
      <legend>{words.events}</legend>
      <small className={css['quiet']}>{words.eventsHint}</small>
      <TextField
        label={eventWords.search}
        quiet
        type="search"
        placeholder={eventWords.search}
        value={text}
        onChange={(event) => setText(event.target.value)}
        // a search is no part of the form: it neither sends it, nor is it lost
        onInput={(event) => event.stopPropagation()}
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      />
      <div className={css['kinds']}>
        {groups.map(({ subject, kinds }) => {
          const names = kinds.map(({ kind }) => kind)
          return (
            <div key={subject} role="group" aria-label={subject}>
              <AllOf subject={subject} names={names} chosen={chosen} onChange={set} />
              <div>
                {kinds.map(({ kind, text: happened }) => (
                  <Checkbox
                    key={kind}
                    label={happened}
                    title={kind}
                    aria-label={`${subject} ${happened}`}
                    checked={chosen.includes(kind)}
                    onChange={(event) => set([kind], event.target.checked)}
                  />
                ))}
              </div>
            </div>
          )
        })}
        {groups.length === 0 && <p className={css['quiet']}>{eventWords.none(text.trim())}</p>}
      </div>
    </fieldset>
  )
}

interface AllOfProps {
  readonly subject: string
  readonly names: readonly string[]
  readonly chosen: readonly string[]
  readonly onChange: (names: readonly string[], isWanted: boolean) => void
}

function AllOf({ subject, names, chosen, onChange }: AllOfProps) {
  const count = names.filter((name) => chosen.includes(name)).length
  return (
    <Checkbox
      ref={(input) => {
        if (input) input.indeterminate = count > 0 && count < names.length
      }}
      label={<b>{subject}</b>}
      aria-label={eventWords.all(subject)}
      checked={count === names.length}
      onChange={() => onChange(names, count < names.length)}
    />
  )
}
