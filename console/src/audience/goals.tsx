// The goals of an environment.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Goal } from '../../../core/model/goal.ts'
import { goalsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { audience } from '../messages/audience.ts'
import { ListPage } from '../pages/list-page.tsx'
import { Ago } from '../ui/page.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { GoalForm } from './goal-form.tsx'

const { goals: words } = audience

export default function GoalsPage() {
  const environment = useEnvironmentId()
  const columns: Column<Goal>[] = [
    {
      title: words.columns.goal,
      cell: ({ key, name }) => (
        <Named
          name={
            <Link
              to={'/environments/$environment/goals/$goal' as '/'}
              params={{ environment, goal: key } as never}
            >
              {name || key}
            </Link>
          }
        >
          {name && key}
        </Named>
      ),
    },
    { title: words.columns.event, cell: ({ event }) => <code>{event}</code> },
    { title: words.columns.metric, cell: ({ metric }) => words.metrics[metric?.kind ?? 'conversion'] },
    {
      title: words.columns.changed,
      end: true,
      slim: true,
      cell: ({ updatedAt }) => <Ago time={updatedAt} />,
    },
  ]
  return (
    <ListPage
      words={words}
      query={useQuery(goalsQuery(environment))}
      form={(close) => <GoalForm onClose={close} />}
    >
      {(goals) => <Table label={words.title} rows={goals} keyOf={({ key }) => key} columns={columns} />}
    </ListPage>
  )
}
