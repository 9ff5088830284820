// What a change of many entities would do, as a dry run tells it: each entity with its differences.
import type { Difference } from '../../../core/change/diff.ts'
import type { Flag } from '../../../core/model/flag.ts'
import type { ChangeAnswer } from '../../../workers/control/api/shapes.ts'
import { describe, type Line } from '../flags/describe.ts'
import { bulk as words } from '../messages/bulk.ts'
import { observe } from '../messages/observe.ts'
import { Tag } from '../ui/marks.tsx'
import css from './plan.module.css'

export type PlannedChange = NonNullable<ChangeAnswer<unknown>['changes']>[number]

const shownMax = 60
const linesMax = 6

export const Plan = ({ changes }: { changes: readonly PlannedChange[] }) => (
  <ul className={css['plan']} aria-label={words.plan} tabIndex={0}>
    {changes.slice(0, shownMax).map((change) => (
      <Planned key={`${change.kind} ${change.id}`} {...change} />
    ))}
    {changes.length > shownMax && <li>{words.more(changes.length - shownMax)}</li>}
  </ul>
)

function Planned({ kind, id, before, after, diff, moves = [] }: PlannedChange) {
  const lines = before === null || after === null ? [] : linesOf(kind, diff, after)
  const kinds: Readonly<Record<string, string>> = observe.audit.kinds
  return (
    <li>
      <span className={css['head']}>
        <small>{kinds[kind] ?? kind}</small> <code>{id}</code>
        {nameOf(after ?? before)}
        {before === null && <Tag>{words.fresh}</Tag>}
        {after === null && <Tag>{words.gone}</Tag>}
        {moves.length > 0 && <Tag>{words.moves}</Tag>}
      </span>
      {lines.slice(0, linesMax).map(({ what, before: was, after: is }, i) => (
        <span key={`${what} ${i}`} className={css['line']}>
          {what}: {was && <del>{was}</del>} {is && <ins>{is}</ins>}
        </span>
      ))}
      {lines.length > linesMax && <span className={css['line']}>{words.more(lines.length - linesMax)}</span>}
    </li>
  )
}

const nameOf = (entity: unknown): string => {
  const { name } = (entity ?? {}) as { readonly name?: unknown }
  return typeof name === 'string' ? name : ''
}

const systemFields = /^\/(version|updatedAt|createdAt|segmentsUpdatedAt)$/

function linesOf(kind: string, diff: readonly Difference[], after: unknown): Line[] {
  if (kind === 'flag') return describe(diff, after as Flag)
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  return diff
    .filter(({ path }) => !systemFields.test(path))
    .map(({ path, before, after: next }) => ({
      what: path.slice(1),
      ...(before !== undefined && { before: text(before) }),
      ...(next !== undefined && { after: text(next) }),
    }))
}
