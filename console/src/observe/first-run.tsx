// The first steps of an environment. They end when a real SDK has asked and a real event has arrived.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { goalsQuery, liveMs, sdkKeysQuery } from '../api/entities.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { flagRowsQuery } from '../api/queries.ts'
import { common } from '../messages/common.ts'
import { observe } from '../messages/observe.ts'
import { setup } from '../messages/setup.ts'
import { CreateKey } from '../setup/keys.tsx'
import { Secret } from '../setup/secret.tsx'
import { Button } from '../ui/button.tsx'
import { Segmented, TextField } from '../ui/fields.tsx'
import { Status } from '../ui/marks.tsx'
import { CodeBlock } from '../ui/report.tsx'
import css from './observe.module.css'
import { snippetsOf } from './snippets.ts'

const { first: words } = observe

export function FirstRun({ flags }: { flags: readonly FlagRow[] }) {
  const environment = useEnvironmentId()
  const canEdit = useMay('editor')
  const { data: keys = [] } = useQuery(sdkKeysQuery(environment))
  const { data: goals = [] } = useQuery(goalsQuery(environment))
  // asks again until an exposure is there: that makes no revision
  useQuery({ ...flagRowsQuery(environment), refetchInterval: liveMs / 3 })
  const [isCreating, setIsCreating] = useState(false)
  const [made, setMade] = useState('')
  const [key, setKey] = useState('')
  const [sdk, setSdk] = useState('OpenFeature (web)')
  const flag = flags.find(({ enabled }) => enabled) ?? flags[0]
  const snippets = snippetsOf({
    address: location.origin,
    key: key || words.yourKey,
    environment,
    flag: flag?.key ?? 'my-flag',
  })
  const role = canEdit ? {} : { disabled: true, title: common.needsRole(common.roleEditor) }
  const done = [keys.length > 0, flag !== undefined, false, false]
  const now = done.indexOf(false)
  const state = (place: number) => (done[place] ? 'done' : place === now ? 'now' : 'later')
  return (
    <div className={css['first']}>
      <h1>{words.title}</h1>
      <p>{words.lead}</p>
      <ol className={css['steps']}>
        <Step
          place={1}
          state={state(0)}
          title={words.key}
          right={
            keys.length > 0 && (
              <Status is="healthy">{keys.map((each) => each.name || each.id).join(', ')}</Status>
            )
          }
        >
          <p>{words.keyHint}</p>
          <Button
            {...(keys.length === 0 && { look: 'primary' as const })}
            {...role}
            onClick={() => setIsCreating(true)}
          >
            {words.createKey}
          </Button>
        </Step>
        <Step
          place={2}
          state={state(1)}
          title={words.flag}
          right={flag && <Status is={flag.enabled ? 'healthy' : 'planned'}>{flag.name || flag.key}</Status>}
        >
          <p>{words.flagHint}</p>
          {!flag && (
            <Link to="/environments/$environment/flags" params={{ environment }} search={{ create: true }}>
              <u>{words.createFlag}</u>
            </Link>
          )}
        </Step>
        <Step place={3} state={state(2)} title={words.ask}>
          <p>{words.askHint}</p>
          <Segmented
            label={words.sdk}
            value={sdk}
            options={Object.fromEntries(Object.keys(snippets).map((name) => [name, name]))}
            onChange={setSdk}
          />
          <div className={css['key']}>
            <TextField
              label={words.pasted}
              hint={words.pastedHint}
              mono
              placeholder={words.yourKey}
              value={key}
              onChange={(event) => setKey(event.target.value.trim())}
            />
          </div>
          <CodeBlock text={snippets[sdk] ?? ''} label={sdk} />
          <div className={css['wait']} role="status">
            <i />
            {words.waiting}
          </div>
        </Step>
        <Step
          place={4}
          state={state(3)}
          title={words.goal}
          right={
            goals.length > 0 && (
              <Status is="healthy">{goals.map((each) => each.name || each.key).join(', ')}</Status>
            )
          }
        >
          <p>{words.goalHint}</p>
          {goals.length === 0 && (
            <Link
              to={'/environments/$environment/goals' as '/'}
              params={{ environment } as never}
              search={{ create: true } as never}
            >
              <u>{words.createGoal}</u>
            </Link>
          )}
          <div className={css['wait']} role="status">
            <i />
            {words.waitingEvent}
          </div>
        </Step>
      </ol>
      {isCreating && (
        <CreateKey
          onClose={() => setIsCreating(false)}
          onMade={(text) => {
            setIsCreating(false)
            setMade(text)
            setKey(text)
          }}
        />
      )}
      {made && <Secret title={setup.keys.newKey} text={made} onClose={() => setMade('')} />}
    </div>
  )
}

interface StepProps {
  readonly place: number
  readonly state: 'done' | 'now' | 'later'
  readonly title: string
  readonly right?: ReactNode
  readonly children: ReactNode
}

const Step = ({ place, state, title, right, children }: StepProps) => (
  <li data-state={state}>
    <span className={css['dot']}>{state === 'done' ? <Check size={13} aria-hidden /> : place}</span>
    <div className={css['step']}>
      <h2>
        {title}
        {right}
      </h2>
      {children}
    </div>
  </li>
)
