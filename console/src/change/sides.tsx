// One thing that two people changed: how it was, what each made of it, and the choice between them.
import { merging as words } from '../messages/merging.ts'
import { Radio } from '../ui/fields.tsx'
import type { Side, Sides as Values } from './merge-fields.ts'
import css from './merge.module.css'

interface SidesProps {
  readonly title: string
  /** Unique among those that are shown. */
  readonly name: string
  readonly texts: Values<string>
  readonly chosen: Side | undefined
  readonly onChoose: (side: Side) => void
}

export const Sides = ({ title, name, texts, chosen, onChoose }: SidesProps) => (
  <fieldset className={css['sides']}>
    <legend>{title}</legend>
    <p>
      {words.before}: {texts.base}
    </p>
    {(['mine', 'theirs'] as const).map((side) => (
      <Radio
        key={side}
        name={name}
        label={words[side]}
        hint={texts[side]}
        checked={chosen === side}
        onChange={() => onChoose(side)}
      />
    ))}
  </fieldset>
)
