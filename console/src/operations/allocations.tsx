// Dynamic allocations: what each gives to whom, how that changed over time, and what can be done with it.
import { useQuery } from '@tanstack/react-query'
import { lazy } from 'react'
import {
  type AllocationPhase,
  type DynamicAllocation,
  isAllocationOpen,
  movesNextAt,
} from '../../../core/model/dynamic-allocation.ts'
import { goalsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { type RowAction, RowActions } from '../change/row-actions.tsx'
import { SharesOverTime } from '../charts/shares.tsx'
import { colourOf } from '../flags/text.ts'
import { allocations as words } from '../messages/allocations.ts'
import { number, percent } from '../messages/catalogue.ts'
import { common } from '../messages/common.ts'
import { duration, figure } from '../messages/figures.ts'
import { operations } from '../messages/operations.ts'
import { type NamedShare, Status, Variation } from '../ui/marks.tsx'
import { Moment, Note } from '../ui/page.tsx'
import { Facts, Fold } from '../ui/report.tsx'
import { Empty } from '../ui/states.tsx'
import { Table } from '../ui/table.tsx'
import css from './allocations.module.css'
import { actionsOf, FlagLink } from './actions.tsx'
import { nameOf, variationIn, type World } from './lanes.ts'

const AllocationForm = lazy(() => import('./allocation-form.tsx'))
const { buttons } = operations
const weightTotal = 100_000 // core/model/limits.ts
const marks = { running: 'running', paused: 'warning', stopped: 'stopped' } as const

export function Allocations({ world }: { world: World }) {
  if (world.allocations.length === 0) return <Empty title={words.none}>{words.noneHint}</Empty>
  const rows = world.allocations.toSorted((a, b) => Number(isAllocationOpen(b)) - Number(isAllocationOpen(a)))
  return (
    <>
      <Note tone="info">{words.decides}</Note>
      {rows.map((allocation) => (
        <Allocation key={allocation.id} allocation={allocation} world={world} />
      ))}
    </>
  )
}

function Allocation({ allocation, world: { flags } }: { allocation: DynamicAllocation; world: World }) {
  const environment = useEnvironmentId()
  const { data: goals = [] } = useQuery(goalsQuery(environment))
  const { flagKey, goalKey, lowerIsBetter, status, phases, arms } = allocation
  const flag = flags.find(({ key }) => key === flagKey)
  const goal = goals.find(({ key }) => key === goalKey)?.name || goalKey
  const sharesOf = ({ weights }: AllocationPhase): NamedShare[] =>
    arms.map((arm) => ({
      name: variationIn(flags, flagKey, arm),
      colour: flag ? Math.max(0, colourOf(flag, arm)) : 0,
      share: (weights[arm] ?? 0) / weightTotal,
    }))
  const end = isAllocationOpen(allocation) ? Date.now() : allocation.updatedAt
  const now = sharesOf(phases.at(-1)!)
  return (
    <section className={css['allocation']} aria-label={nameOf(allocation)}>
      <header>
        <div>
          <h3>{nameOf(allocation)}</h3>
          <p>
            <Status is={marks[status]}>{words.status[status]}</Status>
            <FlagLink flagKey={flagKey} />
            <span>{(lowerIsBetter ? words.fewer : words.more)(goal)}</span>
          </p>
        </div>
        <RowActions label={nameOf(allocation)} actions={actionsIn(environment, allocation)} />
      </header>
      <div className={css['body']}>
        <div>
          <ul className={css['now']} aria-label={words.now}>
            {now.map(({ name, colour, share }) => (
              <li key={name}>
                <Variation name={name} colour={colour} />
                <b>{percent(share)}</b>
              </li>
            ))}
          </ul>
          <SharesOverTime
            label={`${words.over}: ${now.map(({ name, share }) => `${name} ${percent(share)}`).join(', ')}`}
            stretches={phases.map((phase, i) => ({
              from: phase.startAt,
              to: phases[i + 1]?.startAt ?? Math.max(end, phase.startAt + 1),
              shares: sharesOf(phase),
            }))}
          />
        </div>
        <Terms allocation={allocation} />
      </div>
      <Fold title={words.phases(phases.length)}>
        <Table
          label={words.over}
          rows={phases.toReversed()}
          keyOf={({ startAt }) => String(startAt)}
          columns={[
            { title: words.phase, cell: ({ startAt }) => <Moment time={startAt} /> },
            ...arms.map((arm, place) => ({
              title: variationIn(flags, flagKey, arm),
              end: true,
              cell: (phase: AllocationPhase) => percent(sharesOf(phase)[place]!.share),
            })),
          ]}
        />
      </Fold>
    </section>
  )
}

function Terms({ allocation }: { allocation: DynamicAllocation }) {
  const { status, everyMs, floor, maximumStep, minimumUsers, delayMs } = allocation
  const { facts } = words
  return (
    <Facts
      facts={[
        [facts.moves, facts.every(duration(everyMs))],
        status === 'running' && [facts.next, <Moment key="next" time={movesNextAt(allocation)} />],
        [facts.floor, percent(floor / weightTotal)],
        [facts.step, facts.points(figure((maximumStep / weightTotal) * 100))],
        [facts.users, number(minimumUsers)],
        [facts.delay, duration(delayMs)],
      ]}
    />
  )
}

function actionsIn(environment: string, allocation: DynamicAllocation): RowAction[] {
  const { post, remove } = actionsOf(environment, 'dynamic-allocations', allocation)
  if (!isAllocationOpen(allocation)) return [remove]
  return [
    allocation.status === 'paused'
      ? post('resume', buttons.resume, words.resumeHint)
      : post('pause', buttons.pause, words.pauseHint),
    post('stop', buttons.stop, words.stopHint),
    { text: common.edit, form: (close) => <AllocationForm allocation={allocation} onClose={close} /> },
  ]
}
