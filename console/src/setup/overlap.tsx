// How long an old key or token stays valid beside the one that replaces it.
import { setup } from '../messages/setup.ts'
import { SelectField } from '../ui/fields.tsx'

const { overlap: words } = setup.keys

export type OverlapChoice = keyof typeof words.choices

const hourMs = 3_600_000
export const overlapsMs: Readonly<Record<OverlapChoice, number>> = {
  none: 0,
  hour: hourMs,
  day: 24 * hourMs,
  week: 7 * 24 * hourMs,
  month: 30 * 24 * hourMs,
}

interface OverlapProps {
  readonly value: OverlapChoice
  readonly onChange: (value: OverlapChoice) => void
}

export const Overlap = ({ value, onChange }: OverlapProps) => (
  <SelectField
    label={words.label}
    hint={words.hint}
    value={value}
    onChange={(event) => onChange(event.target.value as OverlapChoice)}
  >
    {Object.entries(words.choices).map(([choice, text]) => (
      <option key={choice} value={choice}>
        {text}
      </option>
    ))}
  </SelectField>
)
