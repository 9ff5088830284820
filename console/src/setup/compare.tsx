// Compares the flags of this environment with those of another one, and copies what should be the same.
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import type { EnvironmentRow } from '../../../workers/control/api/shapes.ts'
import { askAll, pathOf } from '../api/client.ts'
import { nameWithId, useEnvironmentId, useMay } from '../api/place.ts'
import { describe } from '../flags/describe.ts'
import { setup } from '../messages/setup.ts'
import { Button } from '../ui/button.tsx'
import { SelectField } from '../ui/fields.tsx'
import { Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { CopyFlags } from './copy-flags.tsx'
import { compareFlags, type FlagDifference } from './differences.ts'
import css from './setup.module.css'

const { environments: words } = setup
const linesShown = 3

const flagsQuery = (environment: string) => ({
  queryKey: [environment, 'all-flags'],
  enabled: environment !== '',
  queryFn: () => askAll<Flag>(pathOf(environment, 'flags'), 'flags'),
})

export function CompareEnvironments({ environments }: { environments: readonly EnvironmentRow[] }) {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  // in the address, so that a comparison can be sent to somebody
  const { compare } = useSearch({ strict: false }) as { compare?: string | number }
  const chosen = environments.find(({ id }) => id === String(compare) && id !== environment)
  const other = chosen?.id ?? ''
  const setOther = (next: string) =>
    void navigate({ to: '.', search: (next === '' ? {} : { compare: next }) as never, replace: true })
  const here = useQuery({ ...flagsQuery(environment), enabled: other !== '' })
  const there = useQuery(flagsQuery(other))
  const both = {
    data: here.data && there.data && compareFlags(here.data, there.data),
    error: here.error ?? there.error,
    refetch: () => Promise.all([here.refetch(), there.refetch()]),
  }
  return (
    <section>
      <Section title={words.compare} hint={words.compareHint} />
      <div className={css['with']}>
        <SelectField label={words.with} value={other} onChange={(event) => setOther(event.target.value)}>
          <option value="">{words.choose}</option>
          {environments
            .filter(({ id }) => id !== environment)
            .map((each) => (
              <option key={each.id} value={each.id}>
                {nameWithId(each)}
              </option>
            ))}
        </SelectField>
      </div>
      {chosen && (
        <Loaded query={both}>
          {({ different, same }) => (
            <>
              <p className={css['quiet']}>{words.same(same)}</p>
              {different.length > 0 && <Differences different={different} other={chosen} />}
            </>
          )}
        </Loaded>
      )}
    </section>
  )
}

function Differences({ different, other }: { different: readonly FlagDifference[]; other: EnvironmentRow }) {
  const canEdit = useMay('editor')
  const [copied, setCopied] = useState<readonly FlagDifference[]>()
  const columns: Column<FlagDifference>[] = [
    { title: words.flag, cell: ({ key, name }) => <Named name={name}>{key}</Named> },
    {
      title: words.difference,
      cell: ({ here, there, differences }) => {
        if (!here) return words.onlyThere
        if (!there) return words.onlyHere
        const lines = describe(differences, there)
        return (
          <Named name={words.differs}>
            {lines.slice(0, linesShown).map(({ what, before, after }, i) => (
              <span key={`${what} ${i}`} className={css['difference']}>
                {what}: {[before, after].map((side) => side ?? words.nothing).join(' → ')}
              </span>
            ))}
            {lines.length > linesShown && '…'}
          </Named>
        )
      },
    },
    {
      title: setup.actions,
      quiet: true,
      cell: (difference) =>
        difference.there && (
          <Button
            small
            disabled={!canEdit}
            aria-label={`${words.copy}: ${difference.key}`}
            onClick={() => setCopied([difference])}
          >
            {words.copy}
          </Button>
        ),
    },
  ]
  const environment = useEnvironmentId()
  const there = different.filter((each) => each.there)
  return (
    <>
      {different.some((each) => each.here) && (
        <p className={css['quiet']}>
          {words.copiesInto}{' '}
          <Link
            to="/environments/$environment/environments"
            params={{ environment: other.id }}
            search={{ compare: environment } as never}
          >
            {words.copyThere(other.name || other.id)}
          </Link>
        </p>
      )}
      {there.length > 1 && (
        <Button disabled={!canEdit} onClick={() => setCopied(there)}>
          {words.copyAll(there.length)}
        </Button>
      )}
      <Table label={words.compare} rows={different} keyOf={({ key }) => key} columns={columns} />
      {copied && <CopyFlags flags={copied} from={other.id} onClose={() => setCopied(undefined)} />}
    </>
  )
}
