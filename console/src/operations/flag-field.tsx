// The choice of the flag that an operation is about; its variations come with it. The address may name it:
// `flag=checkout`. What is edited keeps its flag.
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { useEnvironmentId } from '../api/place.ts'
import { flagRowsQuery } from '../api/queries.ts'
import { operationForms as form } from '../messages/operation-forms.ts'
import { SelectField } from '../ui/fields.tsx'

interface FlagFieldProps {
  readonly value: string
  readonly problem: string | undefined
  readonly fixed?: boolean
  readonly onChange: (flag: FlagRow) => void
}

/** Undefined until it is chosen and loaded. */
export const useFlagRow = (key: string): FlagRow | undefined =>
  useQuery(flagRowsQuery(useEnvironmentId())).data?.flags.find((flag) => flag.key === key)

export function FlagField({ value, problem, fixed = false, onChange }: FlagFieldProps) {
  const { data } = useQuery(flagRowsQuery(useEnvironmentId()))
  const rows = data?.flags.filter(({ key, archived }) => !archived || key === value) ?? []
  const { flag: named } = useSearch({ strict: false }) as { flag?: unknown }
  const asked = value === '' ? rows.find(({ key }) => key === String(named)) : undefined
  useEffect(() => {
    if (asked) onChange(asked)
  })
  return (
    <SelectField
      label={form.flag}
      problem={problem}
      value={value}
      disabled={fixed}
      onChange={(event) => {
        const flag = rows.find(({ key }) => key === event.target.value)
        if (flag) onChange(flag)
      }}
    >
      {value === '' && <option value="">{form.chooseFlag}</option>}
      {rows.map(({ key, name }) => (
        <option key={key} value={key}>
          {name ? `${name} (${key})` : key}
        </option>
      ))}
    </SelectField>
  )
}

interface VariationOptionsProps {
  readonly flag: FlagRow
  readonly except?: string
}

export const VariationOptions = ({ flag, except }: VariationOptionsProps) =>
  flag.variations
    .filter(({ id }) => id !== except)
    .map(({ id, name }) => (
      <option key={id} value={id}>
        {name || id}
      </option>
    ))
