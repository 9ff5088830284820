// The jobs of the batch runner: when each ran last, how long it took and what came of it.
import { useQuery } from '@tanstack/react-query'
import type { Job } from '../../../workers/control/api/report-answers.ts'
import { jobsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ago } from '../messages/catalogue.ts'
import { duration } from '../messages/figures.ts'
import { observe } from '../messages/observe.ts'
import { Status } from '../ui/marks.tsx'
import { Ago, Page } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { Words } from '../ui/words.tsx'

const { jobs: words } = observe

export default function JobsPage() {
  const query = useQuery(jobsQuery(useEnvironmentId()))
  return (
    <Page title={words.title} lead={words.lead}>
      <Loaded query={query}>
        {(jobs) =>
          jobs.length === 0 ? (
            <Empty title={words.none}>
              <Words text={words.noneHint} />
            </Empty>
          ) : (
            <Table label={words.title} rows={jobs} keyOf={({ job }) => job} columns={columns} />
          )
        }
      </Loaded>
    </Page>
  )
}

const columns: Column<Job>[] = [
  { title: words.columns.job, cell: ({ job }) => <Named name={words.names[job]}>{job}</Named> },
  { title: words.columns.outcome, cell: (job) => <Outcome job={job} /> },
  { title: words.columns.last, cell: ({ startedAt }) => <Ago time={startedAt} /> },
  { title: words.columns.took, end: true, cell: ({ durationMs }) => duration(durationMs) },
  {
    title: words.columns.every,
    end: true,
    cell: ({ everyMs }) => (everyMs === undefined ? words.byHand : duration(everyMs)),
  },
  { title: words.columns.runner, minor: true, cell: ({ runner }) => runner },
]

function Outcome({ job: { failures, isLate, doneAt } }: { job: Job }) {
  const [mark, text] =
    failures.length > 0
      ? (['failed', words.failed] as const)
      : isLate
        ? (['warning', words.late] as const)
        : (['healthy', words.done] as const)
  const lastDone = doneAt === null ? words.neverDone : words.lastDone(ago(doneAt, Date.now()))
  return (
    <Named name={<Status is={mark}>{text}</Status>}>
      {(failures.length > 0 || isLate) && [...failures, lastDone].join(' ')}
    </Named>
  )
}
