// What can be done with an experiment in its state: start, freeze, stop, archive, edit or delete it; write
// down what its times have made of it; print its page.
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Lock, Pencil, Printer } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { type Experiment, primaryGoalOf } from '../../../core/model/experiment.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay, useNeedsComment } from '../api/place.ts'
import { ConfirmChange } from '../change/confirm-change.tsx'
import { common } from '../messages/common.ts'
import { experiments as words } from '../messages/experiments.ts'
import { results as resultWords } from '../messages/results.ts'
import { Button, type ButtonProps } from '../ui/button.tsx'
import { Note } from '../ui/page.tsx'
import { checksQuery } from './checks.tsx'
import css from './detail.module.css'
import { useStatus } from './status.ts'
import { isDecided } from './verdict.ts'

const ExperimentForm = lazy(() => import('./form.tsx'))
type Action = 'start' | 'freeze' | 'advance' | 'stop' | 'archive' | 'delete' | 'edit'

interface ActionsProps {
  readonly experiment: Experiment
  readonly results: readonly StoredResult[]
}

export function Actions({ experiment, results }: ActionsProps) {
  const { isProduction } = useNeedsComment()
  const canEdit = useMay('editor')
  const status = useStatus(experiment)
  const [action, setAction] = useState<Action>()
  const close = () => setAction(undefined)
  const role = canEdit ? {} : { disabled: true, title: common.needsRole(common.roleEditor) }
  const main: Omit<ButtonProps, 'onClick'> = { look: isProduction ? 'production' : 'primary', ...role }
  const lock = isProduction && <Lock size={13} aria-hidden />
  return (
    <div className={css['actions']}>
      {results.length > 0 && (
        <Button icon aria-label={resultWords.print} title={resultWords.print} onClick={() => print()}>
          <Printer size={15} />
        </Button>
      )}
      {status === 'draft' && (
        <>
          <Button {...role} onClick={() => setAction('delete')}>
            {words.remove}
          </Button>
          <Button {...role} onClick={() => setAction('edit')}>
            <Pencil size={13} aria-hidden />
            {words.edit}
          </Button>
          <Button {...main} onClick={() => setAction('start')}>
            {lock}
            {words.start}
          </Button>
        </>
      )}
      {status !== experiment.status && (
        <Button {...role} title={words.advanceHint} onClick={() => setAction('advance')}>
          {words.advance}
        </Button>
      )}
      {status === 'running' && experiment.exposuresUntil === undefined && (
        <Button {...role} onClick={() => setAction('freeze')}>
          {words.freeze}
        </Button>
      )}
      {(status === 'running' || status === 'waiting') && (
        <Button {...main} onClick={() => setAction('stop')}>
          {lock}
          {words.stop}
        </Button>
      )}
      {status === 'stopped' && (
        <Button {...role} onClick={() => setAction('archive')}>
          {words.archive}
        </Button>
      )}
      {action === 'edit' && (
        <Suspense>
          <ExperimentForm draft={experiment} onClose={close} />
        </Suspense>
      )}
      {action && action !== 'edit' && (
        <Confirm action={action} experiment={experiment} results={results} onClose={close} />
      )}
    </div>
  )
}

interface ConfirmProps extends ActionsProps {
  readonly action: Exclude<Action, 'edit'>
  readonly onClose: () => void
}

function Confirm({ action, experiment, results, onClose }: ConfirmProps) {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const { id, name } = experiment
  const shown = name || id
  const path = pathOf(environment, 'experiments', id)
  const primary = results.find(({ goalKey }) => goalKey === primaryGoalOf(experiment))
  const checks = useQuery({ ...checksQuery(environment, id), enabled: action === 'start' })
  const blocks = checks.data?.checks.filter(({ status }) => status === 'block') ?? []
  if (action === 'delete')
    return (
      <ConfirmChange
        title={words.remove}
        verb={words.remove}
        isDestructive
        typedName={id}
        done={words.removed(shown)}
        version={experiment.version}
        run={(asked) => change('DELETE', path, asked)}
        onDone={() => navigate({ to: '/environments/$environment/experiments', params: { environment } })}
        onClose={onClose}
      >
        <p>{words.removeHint}</p>
      </ConfirmChange>
    )
  const texts = {
    start: [words.start, words.startHint, words.started(shown)],
    freeze: [words.freeze, words.freezeHint, words.frozen(shown)],
    advance: [words.advance, words.advanceHint, words.advanced(shown)],
    stop: [words.stop, words.stopHint, words.stopped(shown)],
    archive: [words.archive, words.archiveHint, words.archived(shown)],
  }[action] as [string, string, string]
  return (
    <ConfirmChange
      title={texts[0]}
      verb={texts[0]}
      done={texts[2]}
      // what was read is what starts; the other steps mean the same whatever was changed
      {...(action === 'start' && { version: experiment.version })}
      run={(asked) => change('POST', `${path}/${action}`, asked)}
      onClose={onClose}
    >
      <p>{texts[1]}</p>
      {action === 'stop' && primary && !isDecided(primary.verdict) && (
        <Note tone="warning">{words.stopEarly}</Note>
      )}
      {blocks.map(({ name: check, detail }) => (
        <Note key={check} tone="failed">
          {detail}
        </Note>
      ))}
    </ConfirmChange>
  )
}
