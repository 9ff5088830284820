// The goals of an environment.
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import type { Goal } from '../../../core/model/goal.ts'
import { goalsQuery } from '../api/entities.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { audience } from '../messages/audience.ts'
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'
import { Ago, Page } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { GoalForm } from './goal-form.tsx'

const { goals: words } = audience

export default function GoalsPage() {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const canEdit = useMay('editor')
  const { create } = useSearch({ strict: false }) as { create?: true }
  const creating = (open: boolean) =>
    void navigate({ to: '.', search: { create: open || undefined } as never, replace: true })
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
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <Button
          look="primary"
          disabled={!canEdit}
          {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
          onClick={() => creating(true)}
        >
          <Plus size={15} aria-hidden />
          {words.create}
        </Button>
      }
    >
      <Loaded query={useQuery(goalsQuery(environment))}>
        {(goals) =>
          goals.length === 0 ? (
            <Empty title={words.none}>{words.noneHint}</Empty>
          ) : (
            <Table label={words.title} rows={goals} keyOf={({ key }) => key} columns={columns} />
          )
        }
      </Loaded>
      {create && canEdit && <GoalForm onClose={() => creating(false)} />}
    </Page>
  )
}
