// What uses an entity, and so keeps it from being deleted.
import { useQuery } from '@tanstack/react-query'
import { ask, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { audience as words } from '../messages/audience.ts'
import { EntityLink } from '../pages/entity-link.tsx'
import { Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { observe } from '../messages/observe.ts'
import css from './audience.module.css'

const kinds: Readonly<Record<string, string>> = observe.audit.kinds

interface Dependents {
  readonly dependents: readonly { readonly kind: string; readonly id: string }[]
}

export function UsedBy({ plural, id }: { plural: 'segments' | 'goals'; id: string }) {
  const environment = useEnvironmentId()
  const query = useQuery({
    queryKey: [environment, 'dependents', plural, id],
    queryFn: () => ask<Dependents>('GET', pathOf(environment, plural, id, 'dependents')),
  })
  return (
    <section>
      <Section title={words.usedBy} />
      <Loaded query={query} lines={2}>
        {({ dependents }) =>
          dependents.length === 0 ? (
            <p className={css['quiet']}>{words.usedByNobody}</p>
          ) : (
            <ul className={css['used']}>
              {dependents.map(({ kind, id: user }) => (
                <li key={`${kind} ${user}`}>
                  {kinds[kind] ?? kind} <EntityLink kind={kind} id={user} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  )
}
