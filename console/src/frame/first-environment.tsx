// The bare address: goes to the first environment, or helps to create one.
import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { environmentsQuery } from '../api/queries.ts'
import { frame } from '../messages/frame.ts'
import { Button } from '../ui/button.tsx'
import { Empty, Loaded } from '../ui/states.tsx'

// only an empty installation needs it at first
const CreateEnvironment = lazy(() => import('./create-environment.tsx'))

export function FirstEnvironment() {
  const query = useQuery(environmentsQuery())
  const [isCreating, setIsCreating] = useState(false)
  return (
    <Loaded query={query}>
      {(environments) => {
        const first = environments.find(({ archived }) => !archived) ?? environments[0]
        if (first)
          return <Navigate to="/environments/$environment/flags" params={{ environment: first.id }} replace />
        return (
          <main>
            <Empty
              title={frame.noEnvironments}
              action={
                <Button look="primary" onClick={() => setIsCreating(true)}>
                  {frame.createEnvironment}
                </Button>
              }
            >
              {frame.noEnvironmentsHint}
            </Empty>
            {isCreating && (
              <Suspense>
                <CreateEnvironment onClose={() => setIsCreating(false)} />
              </Suspense>
            )}
          </main>
        )
      }}
    </Loaded>
  )
}
