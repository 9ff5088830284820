// Copies flags of another environment into this one: what would change and what could not be copied is shown
// before.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import type { ChangeAnswer } from '../../../workers/control/api/shapes.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { type ChangeAsked, ConfirmChange } from '../change/confirm-change.tsx'
import { Plan } from '../change/plan.tsx'
import { setup } from '../messages/setup.ts'
import { Note } from '../ui/page.tsx'
import { Refusal } from '../ui/states.tsx'
import { type FlagDifference, inOrderOfNeed } from './differences.ts'
import css from './setup.module.css'

const { environments: words } = setup

interface CopyFlagsProps {
  /** Each is there. */
  readonly flags: readonly FlagDifference[]
  readonly from: string
  readonly onClose: () => void
}

export function CopyFlags({ flags, from, onClose }: CopyFlagsProps) {
  const environment = useEnvironmentId()
  const [done, setDone] = useState(0)
  const [first] = flags
  const send = ({ key, here }: FlagDifference, options: Partial<ChangeAsked> & { dryRun?: boolean }) =>
    change<Flag>('POST', pathOf(environment, 'copies'), {
      body: { from, flag: key, replace: here !== undefined },
      ...options,
    })
  const copyAll = async (asked: ChangeAsked): Promise<ChangeAnswer<Flag>> => {
    let answer: ChangeAnswer<Flag> | undefined
    for (const [i, flag] of inOrderOfNeed(flags).entries()) {
      setDone(i)
      answer = await send(flag, asked)
    }
    return answer!
  }
  const isOne = flags.length === 1
  const title = isOne ? words.copyTitle(first!.key, from) : words.copyAllTitle(flags.length, from)
  return (
    <ConfirmChange
      title={title}
      verb={isOne ? words.copy : words.copyAll(flags.length)}
      done={isOne ? words.copied(first!.key) : words.copiedAll(flags.length)}
      run={copyAll}
      onClose={onClose}
    >
      <p>{words.copyHint}</p>
      {isOne ? (
        <Preview
          flag={first!}
          ask={() => send(first!, { dryRun: true, comment: 'dry run', experiment: 'stop' })}
        />
      ) : (
        <>
          <p className={css['quiet']}>{words.oneEach}</p>
          <p className={css['keys']}>{flags.map(({ key }) => key).join(', ')}</p>
        </>
      )}
      {done > 0 && <p role="status">{words.copiedSoFar(done, flags.length)}</p>}
    </ConfirmChange>
  )
}

interface PreviewProps {
  readonly flag: FlagDifference
  readonly ask: () => Promise<ChangeAnswer<Flag>>
}

function Preview({ flag, ask }: PreviewProps) {
  const environment = useEnvironmentId()
  const { data, error } = useQuery({
    queryKey: ['dry-run', environment, 'copy', flag.key, flag.there?.version],
    gcTime: 0,
    retry: false,
    queryFn: ask,
  })
  if (error) return <Refusal error={error} />
  if (!data) return null
  const { notes = [], changes = [] } = data
  return (
    <>
      {notes.length > 0 && (
        <Note tone="warning">
          <p>{words.notCopied}</p>
          <ul>
            {notes.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                <code>{path}</code> {message}
              </li>
            ))}
          </ul>
        </Note>
      )}
      <Plan changes={changes.filter(({ kind }) => kind === 'flag')} />
    </>
  )
}
