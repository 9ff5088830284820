// Which SDKs get the flag exactly as it is.
import { useQuery } from '@tanstack/react-query'
import { portabilityQuery } from '../api/queries.ts'
import { useEnvironmentId } from '../api/place.ts'
import { flag as words } from '../messages/flag.ts'
import { Status } from '../ui/marks.tsx'
import { Section } from '../ui/page.tsx'
import { Loaded, sentence } from '../ui/states.tsx'
import css from './detail.module.css'
import { useFlag } from './use-flag.ts'

const { portability } = words

export default function FlagPortability() {
  const { key } = useFlag()
  const query = useQuery(portabilityQuery(useEnvironmentId()))
  return (
    <div className={`${css['work']} ${css['narrow']}`}>
      <p>{portability.lead}</p>
      <section>
        <Section title={portability.asking} />
        <Status long is="healthy">
          {portability.askingGiven}
        </Status>
      </section>
      <Loaded query={query}>
        {(report) =>
          (['flagship-io', 'bucketeer'] as const).map((family) => {
            const { omitted, notes } = report[family]
            const reasons = omitted.filter(({ flagKey }) => flagKey === key)
            const known = notes.filter(({ flagKey }) => flagKey === key)
            return (
              <section key={family}>
                <Section title={portability.families[family]} />
                {reasons.length > 0 ? (
                  <>
                    <Status long is="warning">
                      {portability.held}
                    </Status>
                    <ul>
                      {reasons.map(({ reason }) => (
                        <li key={reason}>{sentence(reason)}</li>
                      ))}
                    </ul>
                  </>
                ) : (
                  <Status long is="healthy">
                    {portability.given}
                  </Status>
                )}
                {known.length > 0 && (
                  <>
                    <p>{portability.notes}</p>
                    <ul>
                      {known.map(({ field, reason }) => (
                        <li key={`${field} ${reason}`}>
                          <code>{field}</code> {reason}
                        </li>
                      ))}
                    </ul>
                  </>
                )}
              </section>
            )
          })
        }
      </Loaded>
    </div>
  )
}
