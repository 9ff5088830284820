// Each kind of operation as a table, with all that can be done with one.
import { useQuery } from '@tanstack/react-query'
import { lazy, useState } from 'react'
import { isRolloutOpen, type ProgressiveRollout } from '../../../core/model/progressive-rollout.ts'
import { isOpen, type Schedule } from '../../../core/model/schedule.ts'
import type { PublicTrigger, WatchedOperation } from '../../../workers/control/api/operation-answers.ts'
import { change } from '../api/client.ts'
import { goalsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { type RowAction, RowActions } from '../change/row-actions.tsx'
import { common } from '../messages/common.ts'
import { duration, figure } from '../messages/figures.ts'
import { operations as words } from '../messages/operations.ts'
import { Status } from '../ui/marks.tsx'
import { Ago, Moment } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { actionsOf, FlagLink } from './actions.tsx'
import {
  actionText,
  changesText,
  nameOf,
  nearness,
  operationStatus,
  rolloutStatus,
  scheduleStatus,
  shareText,
  watchText,
  type World,
} from './lanes.ts'
import css from './operations.module.css'
import { TriggerSecret, type MadeTrigger } from './trigger-secret.tsx'

const { buttons, hints, columns: titles } = words
const RolloutForm = lazy(() => import('./rollout-form.tsx'))
const SwitchForm = lazy(() => import('./switch-form.tsx'))
const ScheduleForm = lazy(() => import('./schedule-form.tsx'))
const TriggerForm = lazy(() => import('./trigger-form.tsx'))

export function Rollouts({ world: { rollouts } }: { world: World }) {
  const environment = useEnvironmentId()
  if (rollouts.length === 0) return <Empty title={words.noneOf.rollouts} />
  const actions = (rollout: ProgressiveRollout): RowAction[] => {
    const { post, remove } = actionsOf(environment, 'progressive-rollouts', rollout)
    const { status, awaitsApproval, stepsMade, version } = rollout
    const rollBack = post('rollback', buttons.rollBack, hints.rollBack, { isDestructive: true })
    if (!isRolloutOpen(rollout))
      return status === 'rolled-back' || stepsMade === 0 ? [remove] : [rollBack, remove]
    return [
      ...(awaitsApproval ? [post('approve', buttons.approve, hints.approve, { version })] : []),
      ...(status === 'running' ? [post('pause', buttons.pause, hints.pause)] : []),
      ...(status === 'paused' ? [post('resume', buttons.resume, hints.resume, { version })] : []),
      ...(stepsMade > 0 ? [post('step-back', buttons.stepBack, hints.stepBack, { version }), rollBack] : []),
      post('stop', buttons.stop, hints.stop),
      { text: common.edit, form: (close) => <RolloutForm rollout={rollout} onClose={close} /> },
    ]
  }
  const columns: Column<ProgressiveRollout>[] = [
    {
      title: titles.rollout,
      cell: (rollout) => (
        <Named name={nameOf(rollout)}>
          <FlagLink flagKey={rollout.flagKey} />
        </Named>
      ),
    },
    {
      title: titles.status,
      cell: (rollout) => {
        const { mark, text } = rolloutStatus(rollout)
        return <Status is={mark}>{text}</Status>
      },
    },
    {
      title: titles.progress,
      cell: ({ steps, stepsMade }) => (
        <Named name={steps.map(({ weight }) => shareText(weight)).join(' → ')}>
          {words.stepOf(stepsMade, steps.length)}
        </Named>
      ),
    },
    { title: titles.when, cell: ({ at }) => (at === undefined ? null : <Moment time={at} />) },
    {
      title: titles.actions,
      quiet: true,
      cell: (rollout) => <RowActions label={nameOf(rollout)} actions={actions(rollout)} />,
    },
  ]
  return <Table label={words.views.rollouts} rows={rollouts} keyOf={({ id }) => id} columns={columns} />
}

export function Switches({ world: { operations, flags } }: { world: World }) {
  const environment = useEnvironmentId()
  const { data: goals = [] } = useQuery(goalsQuery(environment))
  if (operations.length === 0) return <Empty title={words.noneOf.switches} />
  const goalName = (key: string) => goals.find((goal) => goal.key === key)?.name || key
  const columns: Column<WatchedOperation>[] = [
    {
      title: titles.switch,
      cell: (operation) => (
        <Named name={operation.id}>
          {actionText(operation.action, flags, operation.flagKey)}:{' '}
          {watchText(operation, flags, goalName(operation.goalKey))} <FlagLink flagKey={operation.flagKey} />
        </Named>
      ),
    },
    {
      title: titles.status,
      cell: (operation) => {
        const { mark, text } = operationStatus(operation)
        const { firedAt, status, rearmAfterMs } = operation
        return (
          <Named name={<Status is={mark}>{text}</Status>}>
            {status === 'fired' && firedAt !== undefined && <Ago time={firedAt} />}
            {status === 'fired' && rearmAfterMs !== undefined && ` · ${words.rearms(duration(rearmAfterMs))}`}
          </Named>
        )
      },
    },
    { title: titles.look, cell: (operation) => <Look operation={operation} /> },
    { title: titles.distance, cell: (operation) => <Nearness operation={operation} /> },
    {
      title: titles.actions,
      quiet: true,
      cell: (operation) => {
        const { post, remove } = actionsOf(environment, 'operations', operation)
        const arm =
          operation.status === 'fired'
            ? [post('arm', buttons.arm, hints.arm, { version: operation.version })]
            : []
        const edit: RowAction = {
          text: common.edit,
          form: (close) => <SwitchForm operation={operation} onClose={close} />,
        }
        return <RowActions label={operation.id} actions={[...arm, edit, remove]} />
      },
    },
  ]
  return <Table label={words.views.switches} rows={operations} keyOf={({ id }) => id} columns={columns} />
}

/** A look of an earlier watch says nothing of this one. */
function Look({ operation: { lastLook, countingFrom } }: { operation: WatchedOperation }) {
  if (!lastLook || lastLook.countingFrom !== countingFrom)
    return <span className={css['quiet']}>{words.look.none}</span>
  const { at, state, exposedUsers, goalUsers, baselineUsers, baselineGoalUsers = 0, waitingUsers } = lastLook
  return (
    <Named
      name={
        <>
          <Ago time={at} />: {words.look[state]}
        </>
      }
    >
      {words.look.found(goalUsers, exposedUsers)}
      {baselineUsers !== undefined && `, ${words.look.baseline(baselineGoalUsers, baselineUsers)}`}
      {waitingUsers > 0 && `; ${words.look.waiting(waitingUsers)}`}
    </Named>
  )
}

const nearShare = 0.5

function Nearness({ operation }: { operation: WatchedOperation }) {
  const share = nearness(operation)
  if (share === undefined || operation.status === 'fired') return null
  const { evidence, needed } = operation.lastLook!
  return (
    <div className={css['nearness']} data-near={share > nearShare || undefined}>
      <span aria-hidden>
        <i style={{ width: `${share * 100}%` }} />
      </span>
      <small>{words.evidence(figure(evidence), figure(needed))}</small>
    </div>
  )
}

export function Schedules({ world: { schedules } }: { world: World }) {
  const environment = useEnvironmentId()
  if (schedules.length === 0) return <Empty title={words.noneOf.schedules} />
  const rows = schedules.toSorted((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || a.at - b.at)
  const columns: Column<Schedule>[] = [
    {
      title: titles.schedule,
      cell: (schedule) => (
        <Named name={nameOf(schedule)}>
          <FlagLink flagKey={schedule.flagKey} />
        </Named>
      ),
    },
    {
      title: titles.status,
      cell: (schedule) => {
        const { mark, text } = scheduleStatus(schedule)
        const reason = schedule.conflict?.reason ?? schedule.refusal?.reason
        return <Named name={<Status is={mark}>{text}</Status>}>{reason}</Named>
      },
    },
    { title: titles.change, cell: changesText },
    { title: titles.when, cell: ({ at }) => <Moment time={at} /> },
    {
      title: titles.actions,
      quiet: true,
      cell: (schedule) => {
        const { post, remove } = actionsOf(environment, 'schedules', schedule)
        const edit: RowAction = {
          text: common.edit,
          form: (close) => <ScheduleForm schedule={schedule} onClose={close} />,
        }
        const actions = isOpen(schedule)
          ? [
              post('execute', buttons.execute, hints.execute, { version: schedule.version }),
              post('cancel', buttons.cancel, hints.cancel, { dismiss: buttons.keep }),
              edit,
            ]
          : schedule.status === 'applied'
            ? [remove]
            : [edit, remove]
        return <RowActions label={nameOf(schedule)} actions={actions} />
      },
    },
  ]
  return <Table label={words.views.schedules} rows={rows} keyOf={({ id }) => id} columns={columns} />
}

export function Triggers({ world: { triggers } }: { world: World }) {
  const environment = useEnvironmentId()
  const [made, setMade] = useState<MadeTrigger>()
  if (triggers.length === 0) return <Empty title={words.noneOf.triggers} />
  const actions = (trigger: PublicTrigger): RowAction[] => {
    const { remove, path, shown } = actionsOf(environment, 'triggers', trigger)
    const text = trigger.disabled ? buttons.enable : buttons.disable
    return [
      {
        text: buttons.rotate,
        hint: hints.rotate,
        done: words.doneText(buttons.rotate, shown),
        run: async ({ comment }) => {
          const answer = await change<PublicTrigger>('POST', `${path}/rotate`, { comment })
          setMade(answer as unknown as MadeTrigger)
          return answer
        },
      },
      {
        text,
        done: words.doneText(text, shown),
        run: ({ comment }) => change('PATCH', path, { comment, body: { disabled: !trigger.disabled } }),
      },
      { text: common.edit, form: (close) => <TriggerForm trigger={trigger} onClose={close} /> },
      remove,
    ]
  }
  const columns: Column<PublicTrigger>[] = [
    {
      title: titles.trigger,
      cell: (trigger) => (
        <Named name={nameOf(trigger)}>
          <FlagLink flagKey={trigger.flagKey} />
        </Named>
      ),
    },
    {
      title: titles.status,
      cell: ({ disabled }) => (
        <Status is={disabled ? 'stopped' : 'healthy'}>
          {disabled ? words.status.disabled : words.status.enabled}
        </Status>
      ),
    },
    {
      title: titles.change,
      cell: ({ action }) => (action === 'turn-on' ? words.turnedOn : words.turnedOff),
    },
    {
      title: titles.fired,
      cell: ({ firings, lastFiring }) =>
        lastFiring ? (
          <Named name={words.firings(firings)}>
            <Ago time={lastFiring.at} />: {words.outcome[lastFiring.outcome]}
            {lastFiring.reason !== undefined && ` (${lastFiring.reason})`}
          </Named>
        ) : (
          words.never
        ),
    },
    {
      title: titles.actions,
      quiet: true,
      cell: (trigger) => <RowActions label={nameOf(trigger)} actions={actions(trigger)} />,
    },
  ]
  return (
    <>
      <Table label={words.views.triggers} rows={triggers} keyOf={({ id }) => id} columns={columns} />
      {made && <TriggerSecret made={made} onClose={() => setMade(undefined)} />}
    </>
  )
}
