// How large the snapshot is that edge reads, beside the most that a change may make of it.
import { useQuery } from '@tanstack/react-query'
import type { SnapshotSize } from '../../../workers/control/api/report-answers.ts'
import { ask, pathOf, Refused } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { bytesText, requests as words } from '../messages/requests.ts'
import { Section } from '../ui/page.tsx'
import { Facts } from '../ui/report.tsx'
import { Loaded } from '../ui/states.tsx'
import css from './observe.module.css'

export function Snapshot() {
  const environment = useEnvironmentId()
  const query = useQuery({
    queryKey: [environment, 'snapshot-size'],
    queryFn: () => ask<SnapshotSize>('GET', pathOf(environment, 'snapshot-size')),
  })
  const isMissing = query.error instanceof Refused && query.error.code === 'NOT_FOUND'
  return (
    <section>
      <Section title={words.snapshot} hint={words.snapshotHint} />
      {isMissing ? (
        <p className={css['quiet']}>{words.noSnapshot}</p>
      ) : (
        <Loaded query={query} lines={1}>
          {({ revision, bytes, bytesMax }) => (
            <div className={css['size']}>
              <meter aria-label={words.size} value={bytes} max={bytesMax} />
              <Facts
                facts={[
                  [words.size, words.of(bytesText(bytes), bytesText(bytesMax))],
                  [words.revision, words.revisionNumber(revision)],
                ]}
              />
            </div>
          )}
        </Loaded>
      )}
    </section>
  )
}
