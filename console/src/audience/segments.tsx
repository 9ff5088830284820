// The segments of an environment.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Segment } from '../../../core/model/segment.ts'
import { segmentsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { conditionText } from '../flags/text.ts'
import { audience } from '../messages/audience.ts'
import { number } from '../messages/catalogue.ts'
import { ListPage } from '../pages/list-page.tsx'
import { Ago } from '../ui/page.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { SegmentForm } from './segment-form.tsx'

const { segments: words } = audience

export default function SegmentsPage() {
  const environment = useEnvironmentId()
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
    <ListPage
      words={words}
      query={useQuery(segmentsQuery(environment))}
      form={(close) => <SegmentForm onClose={close} />}
    >
      {(segments) => <Table label={words.title} rows={segments} keyOf={({ key }) => key} columns={columns} />}
    </ListPage>
  )
}
