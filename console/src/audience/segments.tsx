// The segments of an environment.
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import type { Segment } from '../../../core/model/segment.ts'
import { segmentsQuery } from '../api/entities.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { conditionText } from '../flags/text.ts'
import { audience } from '../messages/audience.ts'
import { number } from '../messages/catalogue.ts'
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'
import { Ago, Page } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { SegmentForm } from './segment-form.tsx'

const { segments: words } = audience

export default function SegmentsPage() {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const canEdit = useMay('editor')
  const { create } = useSearch({ strict: false }) as { create?: true }
  const creating = (open: boolean) =>
    void navigate({ to: '.', search: { create: open || undefined } as never, replace: true })
  const columns: Column<Segment>[] = [
    {
      title: words.columns.segment,
      cell: ({ key, name, description }) => (
        <Named
          name={
            <Link
              to={'/environments/$environment/segments/$segment' as '/'}
              params={{ environment, segment: key } as never}
            >
              {name || key}
            </Link>
          }
        >
          {description || key}
        </Named>
      ),
    },
    {
      title: words.columns.rules,
      cell: ({ anyOf }) => (anyOf.length > 0 ? conditionText(anyOf) : words.nobody),
    },
    { title: words.columns.listed, end: true, cell: ({ included }) => number(included.length) },
    { title: words.columns.uploaded, end: true, cell: ({ members }) => number(members?.count ?? 0) },
    {
      title: words.columns.changed,
      end: true,
      slim: true,
      cell: ({ updatedAt }) => <Ago time={updatedAt} />,
    },
  ]
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <Button
          look="primary"
          disabled={!canEdit}
          {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
          onClick={() => creating(true)}
        >
          <Plus size={15} aria-hidden />
          {words.create}
        </Button>
      }
    >
      <Loaded query={useQuery(segmentsQuery(environment))}>
        {(segments) =>
          segments.length === 0 ? (
            <Empty title={words.none}>{words.noneHint}</Empty>
          ) : (
            <Table label={words.title} rows={segments} keyOf={({ key }) => key} columns={columns} />
          )
        }
      </Loaded>
      {create && canEdit && <SegmentForm onClose={() => creating(false)} />}
    </Page>
  )
}
