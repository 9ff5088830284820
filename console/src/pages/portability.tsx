// Which flags are withheld from SDKs that decide by themselves, and why.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEnvironmentId } from '../api/place.ts'
import { portabilityQuery } from '../api/queries.ts'
import { flag as words } from '../messages/flag.ts'
import { Page, Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import css from './portability.module.css'

const { portability } = words

export default function PortabilityPage() {
  const query = useQuery(portabilityQuery(useEnvironmentId()))
  return (
    <Page title={words.tabs.portability} lead={portability.lead}>
      <Loaded query={query}>
        {(report) =>
          (['flagship-io', 'bucketeer'] as const).map((family) => {
            const { portable, omitted, notes } = report[family]
            return (
              <section key={family} className={css['family']}>
                <Section
                  title={portability.families[family]}
                  hint={portability.countGiven(portable.length)}
                />
                <p>{omitted.length > 0 ? portability.countHeld(omitted.length) : portability.noneHeld}</p>
                <Reasons each={omitted} />
                {notes.length > 0 && (
                  <>
                    <p>{portability.notes}</p>
                    <Reasons each={notes} />
                  </>
                )}
              </section>
            )
          })
        }
      </Loaded>
    </Page>
  )
}

function Reasons({ each }: { each: readonly { readonly flagKey: string; readonly reason: string }[] }) {
  const environment = useEnvironmentId()
  if (each.length === 0) return null
  return (
    <ul className={css['reasons']}>
      {each.map(({ flagKey, reason }) => (
        <li key={`${flagKey} ${reason}`}>
          <Link to="/environments/$environment/flags/$flag" params={{ environment, flag: flagKey }}>
            <code>{flagKey}</code>
          </Link>
          <span>{reason}</span>
        </li>
      ))}
    </ul>
  )
}
