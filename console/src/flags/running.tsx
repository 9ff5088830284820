// What uses the flag or changes it by itself: experiments, rollouts, kill switches, schedules and triggers.
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { ExperimentTable } from '../experiments/list.tsx'
import { experiments as experimentWords } from '../messages/experiments.ts'
import { allocations } from '../messages/allocations.ts'
import { running as words } from '../messages/running.ts'
import { operations } from '../messages/operations.ts'
import type { World } from '../operations/lanes.ts'
import { Allocations } from '../operations/allocations.tsx'
import { useWorld } from '../operations/page.tsx'
import { Rollouts, Schedules, Switches, Triggers } from '../operations/tables.tsx'
import { Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import css from './detail.module.css'
import { useFlag } from './use-flag.ts'

export default function FlagRunning() {
  const environment = useEnvironmentId()
  const { key } = useFlag()
  const world = useWorld(environment)
  return (
    <div className={css['work']}>
      <Loaded query={world}>{(all) => <Kinds world={ofFlag(all, key)} />}</Loaded>
    </div>
  )
}

/** What is about one flag. */
function ofFlag(world: World, key: string): World {
  const own = <Entity extends { readonly flagKey: string }>(entities: readonly Entity[]) =>
    entities.filter(({ flagKey }) => flagKey === key)
  return {
    ...world,
    operations: own(world.operations),
    rollouts: own(world.rollouts),
    allocations: own(world.allocations),
    schedules: own(world.schedules),
    triggers: own(world.triggers),
    experiments: own(world.experiments),
  }
}

const Kinds = ({ world }: { world: World }) => (
  <>
    <Kind title={experimentWords.title} create={experimentWords.create} page="experiments" form="true">
      {world.experiments.length > 0 && <ExperimentTable experiments={world.experiments} />}
    </Kind>
    <Kind title={operations.views.rollouts} create={operations.buttons.createRollout} form="rollouts">
      {world.rollouts.length > 0 && <Rollouts world={world} />}
    </Kind>
    <Kind title={operations.views.allocations} create={allocations.create} form="allocations">
      {world.allocations.length > 0 && <Allocations world={world} />}
    </Kind>
    <Kind title={operations.views.switches} create={operations.buttons.createSwitch} form="switches">
      {world.operations.length > 0 && <Switches world={world} />}
    </Kind>
    <Kind title={operations.views.schedules} create={operations.buttons.createSchedule} form="schedules">
      {world.schedules.length > 0 && <Schedules world={world} />}
    </Kind>
    <Kind title={operations.views.triggers} create={operations.buttons.createTrigger} form="triggers">
      {world.triggers.length > 0 && <Triggers world={world} />}
    </Kind>
  </>
)

interface KindProps {
  readonly title: string
  /** What the link to its form says. */
  readonly create: string
  /** Default: `operations`. */
  readonly page?: string
  readonly form: string
  /** False: there is none. */
  readonly children: ReactNode
}

function Kind({ title, create, page = 'operations', form, children }: KindProps) {
  const environment = useEnvironmentId()
  const { key } = useFlag()
  const canEdit = useMay('editor')
  const search = { create: form === 'true' || form, flag: key }
  return (
    <section>
      <Section title={title}>
        {canEdit && (
          <Link
            className={css['link']}
            to={`/environments/$environment/${page}` as '/environments/$environment/flags'}
            params={{ environment }}
            search={search as never}
          >
            <Plus size={13} aria-hidden />
            {create}
          </Link>
        )}
      </Section>
      {children || <p className={css['none']}>{words.none}</p>}
    </section>
  )
}
