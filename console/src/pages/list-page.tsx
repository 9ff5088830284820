// The page of a list whose entities are made by a form.
import type { ComponentProps, ReactNode } from 'react'
import { Page } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { useCreating } from './creating.tsx'

interface ListPageProps<Row> {
  readonly words: {
    readonly title: string
    readonly lead: string
    /** What the button says. */
    readonly create: string
    readonly none: string
    readonly noneHint: string
  }
  readonly query: ComponentProps<typeof Loaded<readonly Row[]>>['query']
  /** What is shown of a list that is not empty. */
  readonly children: (rows: readonly Row[]) => ReactNode
  readonly form: (close: () => void) => ReactNode
  /** Beside the list, as a secret that is shown once. */
  readonly more?: ReactNode
}

export function ListPage<Row>({ words, query, children, form, more }: ListPageProps<Row>) {
  const { button, open } = useCreating(words.create, form)
  return (
    <Page title={words.title} lead={words.lead} actions={button}>
      <Loaded query={query} lines={8}>
        {(rows) => (rows.length === 0 ? <Empty title={words.none}>{words.noneHint}</Empty> : children(rows))}
      </Loaded>
      {open}
      {more}
    </Page>
  )
}
