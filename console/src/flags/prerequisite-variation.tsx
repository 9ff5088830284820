// Which variation of another flag a user must have.
import { useQuery } from '@tanstack/react-query'
import type { Prerequisite } from '../../../core/model/flag.ts'
import type * as z from 'zod'
import { useEnvironmentId } from '../api/place.ts'
import { flagQuery } from '../api/queries.ts'
import { editing } from '../messages/editing.ts'
import { InlineSelect } from '../ui/fields.tsx'
import { Variation } from '../ui/marks.tsx'
import { colourOf, variationName } from './text.ts'

interface PrerequisiteVariationProps {
  readonly prerequisite: z.infer<typeof Prerequisite>
  readonly canEdit: boolean
  readonly onChange: (variationId: string) => void
}

export function PrerequisiteVariation({ prerequisite, canEdit, onChange }: PrerequisiteVariationProps) {
  const { flagKey, variationId } = prerequisite
  const { data: other } = useQuery({ ...flagQuery(useEnvironmentId(), flagKey), enabled: flagKey !== '' })
  if (!canEdit)
    return (
      <Variation
        name={other ? variationName(other, variationId) : variationId}
        colour={other ? colourOf(other, variationId) : 0}
      />
    )
  return (
    <InlineSelect
      label={editing.editor.variation}
      value={variationId}
      disabled={!other}
      onChange={(event) => onChange(event.target.value)}
    >
      {variationId === '' && <option value="">…</option>}
      {other?.variations.map(({ id, name }) => (
        <option key={id} value={id}>
          {name || id}
        </option>
      ))}
    </InlineSelect>
  )
}
