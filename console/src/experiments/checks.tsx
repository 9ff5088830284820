// What an experiment lacks before its start, as the API sees it.
import { useQuery } from '@tanstack/react-query'
import type { Experiment } from '../../../core/model/experiment.ts'
import type { CheckAnswer } from '../../../workers/control/api/experiment-answers.ts'
import { ask, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { experiments as words } from '../messages/experiments.ts'
import { Status } from '../ui/marks.tsx'
import { Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import css from './detail.module.css'

const marks = { pass: 'healthy', warn: 'warning', block: 'failed' } as const

export const checksQuery = (environment: string, id: string) => ({
  queryKey: [environment, 'experiment-checks', id],
  queryFn: () => ask<CheckAnswer>('GET', pathOf(environment, 'experiments', id, 'checks')),
})

export function Checks({ experiment: { id } }: { experiment: Experiment }) {
  const query = useQuery(checksQuery(useEnvironmentId(), id))
  return (
    <section>
      <Section title={words.checks} hint={words.checksHint} />
      <Loaded query={query}>
        {({ checks }) => (
          <ul className={css['checks']}>
            {checks.map(({ name, status, detail }) => (
              <li key={name}>
                <Status is={marks[status]}>
                  {words.checkNames[name]}: {words.checkStatus[status]}
                </Status>
                <span>{detail}</span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  )
}
