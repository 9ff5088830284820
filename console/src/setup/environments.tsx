// The environments that the caller may see, and what is different in another one.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { EnvironmentRow } from '../../../workers/control/api/shapes.ts'
import { environmentsQuery } from '../api/queries.ts'
import CreateEnvironment from '../frame/create-environment.tsx'
import { number } from '../messages/catalogue.ts'
import { common } from '../messages/common.ts'
import { setup } from '../messages/setup.ts'
import { Button } from '../ui/button.tsx'
import { Tag } from '../ui/marks.tsx'
import { Page } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { CompareEnvironments } from './compare.tsx'
import { EditEnvironment } from './edit-environment.tsx'
import { useOrganisation } from './organisation.ts'
import css from './setup.module.css'

const { environments: words } = setup

export default function EnvironmentsPage() {
  const organisation = useOrganisation()
  const [isCreating, setIsCreating] = useState(false)
  const [edited, setEdited] = useState<EnvironmentRow>()
  const isAdmin = organisation?.isAdmin ?? false
  const role = isAdmin ? {} : { disabled: true, title: common.needsRole(common.roleAdmin) }
  const columns: Column<EnvironmentRow>[] = [
    {
      title: words.columns.environment,
      cell: ({ id, name, description, production }) => (
        <Named
          name={
            <>
              <Link to="/environments/$environment/flags" params={{ environment: id }}>
                {name || id}
              </Link>{' '}
              {production && <Tag>{words.production}</Tag>}
            </>
          }
        >
          {description || id}
        </Named>
      ),
    },
    { title: words.columns.project, cell: ({ projectId }) => projectId },
    { title: words.columns.revision, end: true, cell: ({ revision }) => number(revision) },
    {
      title: setup.actions,
      quiet: true,
      cell: (environment) => (
        <Button
          small
          {...role}
          aria-label={`${common.edit}: ${environment.name || environment.id}`}
          onClick={() => setEdited(environment)}
        >
          {common.edit}
        </Button>
      ),
    },
  ]
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <Button look="primary" {...role} onClick={() => setIsCreating(true)}>
          <Plus size={15} aria-hidden />
          {words.create}
        </Button>
      }
    >
      <Loaded query={useQuery(environmentsQuery())}>
        {(environments) => (
          <div className={css['sections']}>
            <Table label={words.title} rows={environments} keyOf={({ id }) => id} columns={columns} />
            {environments.length > 1 && <CompareEnvironments environments={environments} />}
          </div>
        )}
      </Loaded>
      {isCreating && <CreateEnvironment onClose={() => setIsCreating(false)} />}
      {edited && <EditEnvironment environment={edited} onClose={() => setEdited(undefined)} />}
    </Page>
  )
}
