// The holdouts of an environment: whom they hold back, from how much, until when.
import { useQuery } from '@tanstack/react-query'
import type { WatchedHoldout as Holdout } from '../../../workers/control/api/operation-answers.ts'
import { change, pathOf } from '../api/client.ts'
import { goalsQuery, holdoutsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { removeAction } from '../change/remove-action.ts'
import { type RowAction, RowActions } from '../change/row-actions.tsx'
import { common } from '../messages/common.ts'
import { number } from '../messages/catalogue.ts'
import { signedPercent } from '../messages/figures.ts'
import { holdBacks } from '../messages/hold-backs.ts'
import { ListPage } from '../pages/list-page.tsx'
import { Status } from '../ui/marks.tsx'
import { Moment } from '../ui/page.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { HoldoutForm } from './holdout-form.tsx'
import { ReleaseForm } from './release-form.tsx'
import { slicesText } from './share.ts'

const { holdouts: words } = holdBacks
const marks = { waiting: 'planned', running: 'running', ended: 'stopped' } as const

/** What the others do more or less than those who are held back, by goal. */
function Effects({ look }: { look: Holdout['lastLook'] }) {
  const { data: goals = [] } = useQuery(goalsQuery(useEnvironmentId()))
  if (!look) return words.notCounted
  if (look.sampleRatio === 'failed') return <Status is="failed">{words.unequal}</Status>
  return look.goals.map(({ goalKey, heldOut, others, comparison: { relative } }) => (
    <Named
      key={goalKey}
      name={words.effect(goals.find(({ key }) => key === goalKey)?.name || goalKey, effectOf(relative))}
    >
      {words.groups(groupOf(others), groupOf(heldOut))}
    </Named>
  ))
}

const groupOf = ({ users, converted }: { users: number; converted: number }) =>
  words.of(number(converted), number(users))

type Relative = NonNullable<Holdout['lastLook']>['goals'][number]['comparison']['relative']

const effectOf = (relative: Relative): string =>
  relative
    ? words.between(
        signedPercent(relative.estimate),
        signedPercent(relative.low),
        relative.high === null ? '∞' : signedPercent(relative.high),
      )
    : words.tooFew

export default function HoldoutsPage() {
  const environment = useEnvironmentId()
  const actionsOf = (holdout: Holdout): RowAction[] => {
    const { id, name, version, status, held } = holdout
    const path = pathOf(environment, 'holdouts', id)
    const shown = name || id
    const edit: RowAction = {
      text: common.edit,
      form: (close) => <HoldoutForm holdout={holdout} onClose={close} />,
    }
    const release: RowAction = {
      text: words.release,
      form: (close) => <ReleaseForm holdout={holdout} onClose={close} />,
    }
    const end: RowAction = {
      text: words.end,
      hint: words.endHint,
      done: words.ended(shown),
      isDestructive: true,
      run: ({ comment }) => change<Holdout>('POST', `${path}/end`, { comment }),
    }
    const remove = removeAction({ path, version, shown, typedName: id })
    if (status === 'ended') return [edit, remove]
    return [...(status === 'running' && held.length > 0 ? [release] : []), edit, end]
  }
  const columns: Column<Holdout>[] = [
    { title: words.columns.holdout, cell: ({ id, name }) => <Named name={name || id}>{name && id}</Named> },
    {
      title: words.columns.status,
      cell: ({ status, refusal }) =>
        refusal ? (
          <Named name={<Status is="failed">{words.refused}</Status>}>{refusal.reason}</Named>
        ) : (
          <Status is={marks[status]}>{words.statuses[status]}</Status>
        ),
    },
    { title: words.columns.share, cell: ({ slices }) => slicesText(slices) },
    {
      title: words.columns.held,
      cell: ({ held }) => (
        <Named name={words.rules(held.length)}>
          {[...new Set(held.map(({ flagKey }) => flagKey))].join(', ')}
        </Named>
      ),
    },
    { title: words.columns.effect, cell: ({ lastLook }) => <Effects look={lastLook} /> },
    { title: words.columns.until, cell: ({ stopAt }) => <Moment time={stopAt} /> },
    {
      title: '',
      end: true,
      cell: (holdout) => <RowActions label={holdout.name || holdout.id} actions={actionsOf(holdout)} />,
    },
  ]
  return (
    <ListPage
      words={words}
      query={useQuery(holdoutsQuery(environment))}
      form={(close) => <HoldoutForm onClose={close} />}
    >
      {(holdouts) => <Table label={words.title} rows={holdouts} keyOf={({ id }) => id} columns={columns} />}
    </ListPage>
  )
}
