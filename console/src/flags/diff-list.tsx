// Differences as a list: what it is, how it was and how it is.
import { targeting as words } from '../messages/targeting.ts'
import type { Line } from './describe.ts'
import css from './diff-list.module.css'

export const DiffList = ({ lines }: { lines: readonly Line[] }) => (
  <ul className={css['diff']}>
    {lines.map(({ what, before, after }, i) => (
      <li key={`${what} ${i}`}>
        <span className={css['what']}>
          {what}
          {before === undefined && <em>{words.added}</em>}
          {after === undefined && <em>{words.removed}</em>}
        </span>
        {before && <del>{before}</del>}
        {after && <ins>{after}</ins>}
      </li>
    ))}
  </ul>
)
