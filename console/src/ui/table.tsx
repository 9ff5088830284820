// A table of entities. On a phone each row becomes a block, with the titles of the columns before the values.
import type { ReactNode } from 'react'
import { join } from './join.ts'
import css from './table.module.css'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  /** Numbers stand at the end of their column. */
  readonly end?: boolean
  /** As little as it needs. */
  readonly slim?: boolean
  /** Left out where a table would be too narrow for all. */
  readonly minor?: boolean
  /** The title is for screen readers only. */
  readonly quiet?: boolean
}

interface TableProps<Row> {
  readonly label: string
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** The first one names the row. */
  readonly columns: readonly Column<Row>[]
}

/** Roles are explicit: the blocks of narrow screens would take them away. */
export const Table = <Row,>({ label, rows, keyOf, columns }: TableProps<Row>) => (
  <table className={css['table']} role="table" aria-label={label}>
    <thead role="rowgroup">
      <tr role="row">
        {columns.map(({ title, end, slim, quiet, minor }) => (
          <th
            key={title}
            role="columnheader"
            scope="col"
            className={join(end && css['end'], slim && css['slim'], minor && css['minor'])}
          >
            <span className={quiet ? 'sr' : undefined}>{title}</span>
          </th>
        ))}
      </tr>
    </thead>
    <tbody role="rowgroup">
      {rows.map((row) => (
        <tr key={keyOf(row)} role="row">
          {columns.map(({ title, cell, end, quiet, minor }, place) => {
            const content = cell(row)
            const look = join(end && css['end'], quiet && css['quiet'], minor && css['minor'])
            return place === 0 ? (
              <th key={title} role="rowheader" scope="row" className={look}>
                {content}
              </th>
            ) : (
              <td key={title} role="cell" className={look} data-title={quiet ? undefined : title}>
                {content}
              </td>
            )
          })}
        </tr>
      ))}
    </tbody>
  </table>
)

/** A name and a quieter line below it. */
export const Named = ({ name, children }: { name: ReactNode; children?: ReactNode }) => (
  <span className={css['named']}>
    {name}
    {children && <small>{children}</small>}
  </span>
)
