// The choice of the flag that an operation is about; its variations come with it. The address may name it:
// `flag=checkout`.
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { useEnvironmentId } from '../api/place.ts'
import { flagRowsQuery } from '../api/queries.ts'
import { operations as words } from '../messages/operations.ts'
import { SelectField } from '../ui/fields.tsx'

interface FlagFieldProps {
  readonly value: string
  readonly problem: string | undefined
  readonly onChange: (flag: FlagRow) => void
}

export function FlagField({ value, problem, onChange }: FlagFieldProps) {
  const { data } = useQuery(flagRowsQuery(useEnvironmentId()))
  const rows = data?.flags.filter(({ archived }) => !archived) ?? []
  const { flag: named } = useSearch({ strict: false }) as { flag?: unknown }
  const asked = value === '' ? rows.find(({ key }) => key === String(named)) : undefined
  useEffect(() => {
    if (asked) onChange(asked)
  })
  return (
    <SelectField
      label={words.form.flag}
      problem={problem}
      value={value}
      onChange={(event) => {
        const flag = rows.find(({ key }) => key === event.target.value)
        if (flag) onChange(flag)
      }}
    >
      {value === '' && <option value="">{words.form.chooseFlag}</option>}
      {rows.map(({ key, name }) => (
        <option key={key} value={key}>
          {name ? `${name} (${key})` : key}
        </option>
      ))}
    </SelectField>
  )
}

export const VariationOptions = ({ flag }: { flag: FlagRow }) =>
  flag.variations.map(({ id, name }) => (
    <option key={id} value={id}>
      {name || id}
    </option>
  ))
