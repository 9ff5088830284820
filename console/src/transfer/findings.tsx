// What an import could not carry over exactly, and what to do about it.
import type { ImportAnswer, MigrationAnswer } from '../../../workers/control/api/import-answers.ts'
import { transfer as words } from '../messages/transfer.ts'
import { Status } from '../ui/marks.tsx'
import { Section } from '../ui/page.tsx'
import type { State } from '../ui/state.ts'
import { type Column, Table } from '../ui/table.tsx'
import css from './transfer.module.css'

type Group = ImportAnswer['groups'][number]

const keysMax = 5

export function Findings({ groups, count }: { groups: readonly Group[]; count: number }) {
  if (groups.length === 0) return null
  const columns: Column<Group>[] = [
    {
      title: words.columns.effect,
      cell: ({ effect }) => (
        <Status is={effect === 'differs' ? 'planned' : 'warning'}>{words.effects[effect]}</Status>
      ),
    },
    { title: words.columns.reason, cell: ({ reason }) => reason },
    { title: words.columns.where, cell: ({ field }) => <code>{field}</code> },
    {
      title: words.columns.which,
      cell: ({ keys, count: of }) => (
        <span>
          {keys.slice(0, keysMax).join(', ')}
          {of > Math.min(keys.length, keysMax) && ` ${words.more(of - Math.min(keys.length, keysMax))}`}
        </span>
      ),
    },
  ]
  return (
    <div>
      <Section title={words.findings} hint={words.findingsHint(count)} />
      <Table
        label={words.findings}
        rows={groups}
        keyOf={({ effect, field, reason, subject }) => `${subject} ${effect} ${field} ${reason}`}
        columns={columns}
      />
    </div>
  )
}

const marks: Record<keyof typeof words.urgencies, State> = {
  act: 'failed',
  check: 'warning',
  know: 'planned',
}

export function Steps({ plan }: { plan: MigrationAnswer['plan'] | undefined }) {
  if (!plan || plan.steps.length === 0) return null
  return (
    <div>
      <Section title={words.steps} />
      <ol className={css['steps']}>
        {plan.steps.map(({ topic, urgency, title, toDo, campaigns }) => (
          <li key={`${topic} ${urgency}`}>
            <Status is={marks[urgency]}>{words.urgencies[urgency]}</Status>
            <span>
              <b>
                {campaigns.length > 0 && `${words.campaigns(campaigns.length)}: `}
                {title}
              </b>
              <p>{toDo}</p>
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}
