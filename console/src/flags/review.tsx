// What is about to happen: what differs, whether it is right, who would move, and the ways to save it.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Clock, Lock } from 'lucide-react'
import { useMemo, useState } from 'react'
import { diff } from '../../../core/change/diff.ts'
import type { Flag } from '../../../core/model/flag.ts'
import type { ChangeAnswer } from '../../../workers/control/api/shapes.ts'
import { change, type ExperimentChoice, pathOf, Refused } from '../api/client.ts'
import { schedulesQuery } from '../api/flag-queries.ts'
import { useEnvironmentId, useMay, useNeedsComment } from '../api/place.ts'
import { flagQuery } from '../api/queries.ts'
import { announce } from '../change/announce.ts'
import { ExperimentQuestion } from '../change/confirm-change.tsx'
import { percent } from '../messages/catalogue.ts'
import { common } from '../messages/common.ts'
import { editing } from '../messages/editing.ts'
import { targeting } from '../messages/targeting.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextArea } from '../ui/fields.tsx'
import { Status } from '../ui/marks.tsx'
import { Note, Section } from '../ui/page.tsx'
import { Refusal } from '../ui/states.tsx'
import { AskForReview, ReceivedDraft } from './ask-for-review.tsx'
import { problemsOf } from './checked.ts'
import { describe } from './describe.ts'
import { DiffList } from './diff-list.tsx'
import { changesOf, draftOf, type Edit } from './draft.ts'
import { MergeView } from './merge-view.tsx'
import { placeText } from './place-text.ts'
import css from './review.module.css'
import { Scheduled, ScheduleDialog } from './schedule.tsx'
import { variationName } from './text.ts'
import type { FlagDraft } from './use-draft.ts'
import { useDryRun } from './use-dry-run.ts'

const { review } = editing

export function Review({ stored, draft }: { stored: Flag; draft: FlagDraft }) {
  const { data: schedules = [] } = useQuery(schedulesQuery(useEnvironmentId(), stored.key))
  return (
    <aside className={css['review']} aria-label={review.title}>
      <div className={css['sticky']}>
        <ReceivedDraft draft={draft} flagKey={stored.key} />
        {draft.isStale ? (
          <MergeView edit={draft.edit} theirs={stored} onMerged={(merged) => draft.rebase(merged, stored)} />
        ) : draft.isChanged ? (
          <Changes draft={draft} />
        ) : (
          <div>
            <Section title={review.none} />
            <p className={css['quiet']}>{review.noneHint}</p>
          </div>
        )}
        {schedules.length > 0 && <Scheduled flag={stored} schedules={schedules} />}
      </div>
    </aside>
  )
}

function Changes({ draft }: { draft: FlagDraft }) {
  const { edit } = draft
  const environment = useEnvironmentId()
  const queries = useQueryClient()
  const canEdit = useMay('editor')
  const { isProduction, needsComment } = useNeedsComment()
  const [comment, setComment] = useState('')
  const [experiment, setExperiment] = useState<ExperimentChoice>()
  const [refusal, setRefusal] = useState<unknown>()
  const [isBusy, setIsBusy] = useState(false)
  const [asked, setAsked] = useState<'discard' | 'schedule'>()
  const problems = useMemo(() => problemsOf(edit), [edit])
  const dryRun = useDryRun(edit, problems.length === 0, experiment)
  const asksForExperiment =
    experiment !== undefined ||
    [refusal, dryRun.error].some((error) => error instanceof Refused && error.code === 'EXPERIMENT_RUNNING')
  const error = refusal ?? (isQuestion(dryRun.error) ? undefined : dryRun.error)
  const isReady =
    canEdit &&
    !isBusy &&
    problems.length === 0 &&
    (!needsComment || comment.trim() !== '') &&
    (!asksForExperiment || experiment !== undefined)
  const lines = useMemo(
    () => describe(diff(draftOf(edit.base), edit.draft), { ...edit.base, ...edit.draft }),
    [edit],
  )

  const save = async () => {
    const { key, version, name } = edit.base
    setIsBusy(true)
    setRefusal(undefined)
    const sentAt = performance.now()
    try {
      const path = pathOf(environment, 'flags', key)
      const body = changesOf(edit)
      const answer = await change<Flag>('PATCH', path, { version, body, comment: comment.trim(), experiment })
      queries.setQueryData(flagQuery(environment, key).queryKey, answer.entity)
      draft.discard()
      void announce({ environment, text: review.saved(name || key), answer, sentAt })
    } catch (cause) {
      setRefusal(cause)
      setIsBusy(false)
      // a stale edit becomes a merge when the newer flag is here
      await queries.invalidateQueries({ queryKey: flagQuery(environment, key).queryKey })
    }
  }

  return (
    <>
      <Section title={review.title} hint={review.count(lines.length)}>
        {problems.length === 0 && <AskForReview edit={edit} />}
        <Button small look="ghost" onClick={() => setAsked('discard')}>
          {review.discard}
        </Button>
      </Section>
      {problems.length === 0 && <Impact answer={dryRun.data} edit={edit} isAsking={dryRun.isFetching} />}
      {!edit.base.enabled && (
        <Note tone="info">{review.isOff(variationName(edit.base, edit.base.offVariationId))}</Note>
      )}
      <DiffList lines={lines} />
      {problems.length > 0 ? (
        <Note tone="failed">
          <p>{review.problems}:</p>
          <ul className={css['problems']}>
            {problems.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                <b>{placeText(path, edit.draft)}</b>: {message}
              </li>
            ))}
          </ul>
        </Note>
      ) : error ? (
        <Refusal error={error} />
      ) : (
        dryRun.data && <Status is="healthy">{review.clean}</Status>
      )}
      {asksForExperiment && <ExperimentQuestion value={experiment} onChange={setExperiment} />}
      <TextArea
        label={needsComment ? common.comment : `${common.comment} (${common.optional})`}
        hint={needsComment ? `${common.commentNeeded} ${common.commentHint}` : common.commentHint}
        rows={2}
        value={comment}
        disabled={!canEdit}
        onChange={(event) => setComment(event.target.value)}
      />
      {canEdit ? (
        <div className={css['save']}>
          <Button
            look={isProduction ? 'production' : 'primary'}
            disabled={!isReady}
            onClick={() => void save()}
          >
            {isProduction && <Lock size={13} aria-hidden />}
            {isProduction ? review.saveProduction : review.save}
          </Button>
          <Button disabled={!isReady} onClick={() => setAsked('schedule')}>
            <Clock size={14} aria-hidden />
            {review.schedule}…
          </Button>
        </div>
      ) : (
        <Note tone="info">
          {review.readOnly} {common.needsRole(common.roleEditor)}
        </Note>
      )}
      <p className={css['quiet']}>{review.kept}</p>
      {asked === 'discard' && (
        <Dialog
          title={review.discardTitle}
          onClose={() => setAsked(undefined)}
          onSubmit={draft.discard}
          actions={
            <Button look="danger" type="submit">
              {review.discard}
            </Button>
          }
        >
          <p>{review.discardHint}</p>
        </Dialog>
      )}
      {asked === 'schedule' && (
        <ScheduleDialog
          edit={edit}
          comment={comment.trim()}
          experiment={experiment}
          onClose={() => setAsked(undefined)}
          onDone={draft.discard}
        />
      )}
    </>
  )
}

const isQuestion = (error: unknown) => error instanceof Refused && error.code === 'EXPERIMENT_RUNNING'

interface ImpactProps {
  readonly answer: ChangeAnswer<Flag> | undefined
  readonly edit: Edit
  readonly isAsking: boolean
}

/** The share of users who would see another variation, by the rule that decides for them. */
function Impact({ answer, edit: { base, draft }, isAsking }: ImpactProps) {
  if (!answer) return isAsking ? <p className={css['quiet']}>{review.checking}</p> : null
  const moves = (answer.moves ?? []).filter(({ share }) => share > 0)
  if (moves.length === 0) return <p className={css['quiet']}>{review.nobodyMoves}</p>
  const nameOf = (ruleId: string) => {
    const place = draft.rules.findIndex(({ id }) => id === ruleId)
    const rule = draft.rules[place] ?? base.rules.find(({ id }) => id === ruleId)
    if (!rule) return review.defaultRule
    return rule.name || targeting.rule(place + 1)
  }
  return (
    <div className={css['impacts']} aria-busy={isAsking}>
      {moves.map(({ ruleId, share }) => (
        <p key={ruleId}>
          <strong>{percent(share)}</strong> {review.impactOf(nameOf(ruleId))}
        </p>
      ))}
    </div>
  )
}
