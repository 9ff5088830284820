// The page of a list whose entities are made by a form: the address says whether the form is open
// (`create=true`).
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { type ComponentProps, type ReactNode, Suspense } from 'react'
import { useMay } from '../api/place.ts'
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'
import { Page } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'

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
  const navigate = useNavigate()
  const canEdit = useMay('editor')
  const { create } = useSearch({ strict: false }) as { create?: true }
  const creating = (isOpen: boolean) =>
    void navigate({
      to: '.',
      search: (was: object) => ({ ...was, create: isOpen || undefined, flag: undefined }) as never,
      replace: true,
    })
  const button = (
    <Button
      look="primary"
      disabled={!canEdit}
      {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
      onClick={() => creating(true)}
    >
      <Plus size={15} aria-hidden />
      {words.create}
    </Button>
  )
  return (
    <Page title={words.title} lead={words.lead} actions={button}>
      <Loaded query={query} lines={8}>
        {(rows) => (rows.length === 0 ? <Empty title={words.none}>{words.noneHint}</Empty> : children(rows))}
      </Loaded>
      {create && canEdit && <Suspense>{form(() => creating(false))}</Suspense>}
      {more}
    </Page>
  )
}
