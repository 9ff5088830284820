// The menu of environments, by project.
import { Menu } from '@base-ui/react/menu'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Check, Lock, Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useEnvironmentId } from '../api/place.ts'
import { environmentsQuery } from '../api/queries.ts'
import { frame } from '../messages/frame.ts'
import CreateEnvironment from './create-environment.tsx'
import menu from '../ui/menu.module.css'
import css from './frame.module.css'

export default function Switcher({ children }: { children: ReactNode }) {
  const current = useEnvironmentId()
  const { data = [] } = useQuery(environmentsQuery())
  const navigate = useNavigate()
  const [isCreating, setIsCreating] = useState(false)
  const byProject = Map.groupBy(
    data.filter(({ archived, id }) => !archived || id === current),
    ({ projectId }) => projectId,
  )
  const go = (environment: string) =>
    void navigate({ to: '/environments/$environment/flags', params: { environment } })
  return (
    <Menu.Root>
      <Menu.Trigger
        className={css['crumb']}
        aria-label={`${frame.environment}: ${data.find(({ id }) => id === current)?.name || current}`}
      >
        {children}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="start" className={menu['positioner']}>
          <Menu.Popup className={menu['popup']}>
            {[...byProject].map(([project, environments]) => (
              <Menu.Group key={project}>
                <Menu.GroupLabel className={menu['popup-title']}>
                  {frame.environmentsOf(project)}
                </Menu.GroupLabel>
                {environments.map(({ id, name, production }) => (
                  <Menu.Item key={id} className={menu['item']} onClick={() => go(id)}>
                    {production ? (
                      <span className={css['env-chip']}>
                        <Lock size={11} aria-hidden />
                        <span>{name || id}</span>
                      </span>
                    ) : (
                      name || id
                    )}
                    {id === current && <Check size={14} aria-label={frame.current} />}
                    <small>{id}</small>
                  </Menu.Item>
                ))}
              </Menu.Group>
            ))}
            <div className={menu['rule']} />
            <Menu.Item className={menu['item']} onClick={() => setIsCreating(true)}>
              <Plus size={14} aria-hidden />
              {frame.createEnvironment}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
      {isCreating && <CreateEnvironment onClose={() => setIsCreating(false)} />}
    </Menu.Root>
  )
}
