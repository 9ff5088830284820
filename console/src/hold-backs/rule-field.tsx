// The choice of a rollout of a flag: a rule's, or the default one.
import { useQuery } from '@tanstack/react-query'
import { flagQuery } from '../api/queries.ts'
import { useEnvironmentId } from '../api/place.ts'
import { holdBacks } from '../messages/hold-backs.ts'
import { SelectField } from '../ui/fields.tsx'

interface RuleFieldProps {
  readonly flagKey: string
  /** Empty: the default strategy. */
  readonly value: string
  readonly problem: string | undefined
  /** Also rules that serve one variation to everybody. */
  readonly all?: boolean
  readonly hint?: string
  readonly onChange: (ruleId: string) => void
}

export function RuleField({ flagKey, value, problem, all, hint, onChange }: RuleFieldProps) {
  const { data: flag } = useQuery(flagQuery(useEnvironmentId(), flagKey))
  return (
    <SelectField
      label={holdBacks.rule}
      problem={problem}
      {...(hint !== undefined && { hint })}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{holdBacks.defaultRule}</option>
      {(flag?.rules ?? []).map(({ id, name, strategy }, i) =>
        all || strategy.kind === 'rollout' ? (
          <option key={id} value={id}>
            {name || holdBacks.ruleNumber(i + 1)}
          </option>
        ) : null,
      )}
    </SelectField>
  )
}
