// The name of an entity as a link to where it is shown: a page of its own, or the list that holds it.
import { Link } from '@tanstack/react-router'
import { useEnvironmentId } from '../api/place.ts'

const pages: Readonly<Record<string, readonly [path: string, param: string]>> = {
  flag: ['flags/$flag', 'flag'],
  segment: ['segments/$segment', 'segment'],
  goal: ['goals/$goal', 'goal'],
  experiment: ['experiments/$experiment', 'experiment'],
}
const lists: Readonly<Record<string, readonly [path: string, view?: string]>> = {
  operation: ['operations', 'switches'],
  progressiveRollout: ['operations', 'rollouts'],
  dynamicAllocation: ['operations', 'allocations'],
  schedule: ['operations', 'schedules'],
  trigger: ['operations', 'triggers'],
  holdout: ['holdouts'],
  layer: ['layers'],
  webhook: ['webhooks'],
  sdkKey: ['keys'],
  tag: ['settings'],
}

interface EntityLinkProps {
  /** As the API names it. */
  readonly kind: string
  readonly id: string
}

export function EntityLink({ kind, id }: EntityLinkProps) {
  const environment = useEnvironmentId()
  const [page, list] = [pages[kind], lists[kind]]
  const text = <code>{id}</code>
  if (!page && !list) return text
  const [path] = (page ?? list)!
  return (
    <Link
      to={`/environments/$environment/${path}` as '/'}
      params={{ environment, ...(page && { [page[1]]: id }) } as never}
      {...(list?.[1] !== undefined && { search: { view: list[1] } as never })}
    >
      {text}
    </Link>
  )
}
