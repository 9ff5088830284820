// In a form that somebody else was faster than: what they changed, and the choice where both did.
import { useEffect, useRef } from 'react'
import { merging as words } from '../messages/merging.ts'
import { Note } from '../ui/page.tsx'
import type { FieldRule, Place } from './merge-fields.ts'
import css from './merge.module.css'
import { Sides } from './sides.tsx'
import type { Edit } from './use-edit.ts'

type MergeOfFormProps = Pick<Edit<never, never>, 'choices' | 'choose'> & {
  readonly rules: Readonly<Record<string, FieldRule<never> | 'stored'>>
  readonly merge: Omit<NonNullable<Edit<never, never>['merge']>, 'fields'>
}

export default function MergeOfForm({
  merge: { conflicts, taken },
  rules,
  choices,
  choose,
}: MergeOfFormProps) {
  const element = useRef<HTMLDivElement>(null)
  // a long form was sent from its end
  // in braces: newer browsers return a promise, which is no clean-up
  useEffect(() => {
    element.current?.scrollIntoView({ block: 'start' })
  }, [conflicts])
  return (
    <div ref={element} className={css['merge']}>
      <Note tone="warning" alert>
        <b>{words.title}</b>
        <p>{conflicts.length > 0 ? words.lead : words.clean}</p>
      </Note>
      {conflicts.map((conflict) => {
        const { place, base, mine, theirs } = conflict
        const shown = shownOf(rules, conflict)
        return (
          <Sides
            key={place}
            title={shown.label}
            name={`merge-${place}`}
            texts={{ base: shown.text(base), mine: shown.text(mine), theirs: shown.text(theirs) }}
            chosen={choices[place]}
            onChoose={(side) => choose(conflict, side)}
          />
        )
      })}
      {taken.length > 0 && (
        <section className={css['sides']}>
          <p>{words.takenOver}</p>
          <dl className={css['taken']}>
            {taken.map((each) => {
              const { label, text } = shownOf(rules, each)
              return (
                <div key={each.place}>
                  <dt>{label}</dt>
                  <dd>
                    <del>{text(each.base)}</del> <ins>{text(each.merged)}</ins>
                  </dd>
                </div>
              )
            })}
          </dl>
        </section>
      )}
    </div>
  )
}

interface Shown {
  readonly label: string
  readonly text: (value: unknown) => string
}

function shownOf(rules: MergeOfFormProps['rules'], { field, entry }: Place): Shown {
  const rule = rules[field] as unknown as FieldRule<unknown>
  const of = entry === undefined ? rule : { label: rule.entries!.label(entry), text: rule.entries!.text }
  const text = of.text as ((value: unknown) => string) | undefined
  return {
    label: of.label,
    text: (value) =>
      entry !== undefined && value === undefined ? words.gone : (text ?? textOf)(value) || words.nothing,
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? words.yes : words.no
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
