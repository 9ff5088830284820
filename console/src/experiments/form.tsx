// Creates an experiment as a draft, or edits one. Beside the fields, the planner says how long it would take.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { Experiment } from '../../../core/model/experiment.ts'
import type { Flag } from '../../../core/model/flag.ts'
import type { Goal } from '../../../core/model/goal.ts'
import { change, pathOf } from '../api/client.ts'
import { goalsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { flagQuery, flagRowsQuery } from '../api/queries.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { MergedEdit } from '../change/stale.tsx'
import { useEdit } from '../change/use-edit.ts'
import { variationName } from '../flags/text.ts'
import { common } from '../messages/common.ts'
import { experiments as words } from '../messages/experiments.ts'
import { results as resultWords } from '../messages/results.ts'
import { Checkbox, InlineSelect, Radio, SelectField, TextArea, TextField } from '../ui/fields.tsx'
import { Note } from '../ui/page.tsx'
import {
  bodyOf,
  changesOf,
  chosenOf,
  experimentForm,
  type ExperimentFields,
  isComplete,
  rolloutsOf,
  type MarginField,
  noMargin,
} from './draft.ts'
import css from './form.module.css'
import { rolloutText } from './plan.tsx'
import { Planner } from './planner.tsx'

const { form } = words

interface ExperimentFormProps {
  /** The draft that is edited; absent: a new one. */
  readonly draft?: Experiment
  /** Chosen at first, for a new one. */
  readonly flagKey?: string
  readonly onClose: () => void
}

export default function ExperimentForm({ draft: shown, flagKey = '', onClose }: ExperimentFormProps) {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const edit = useEdit(shown, { ...experimentForm, empty: { ...experimentForm.empty, flagKey } })
  const { opened: draft, fields, set } = edit
  const { data: goals } = useQuery(goalsQuery(environment))
  const { data: flag } = useQuery({
    ...flagQuery(environment, fields.flagKey),
    enabled: fields.flagKey !== '',
  })
  // once a chosen flag has loaded, its first rollout is chosen
  useEffect(() => {
    if (flag?.key === fields.flagKey && fields.ruleId === '' && rolloutsOf(flag).length > 0)
      set(chosenOf(flag))
  })
  const path = pathOf(environment, 'experiments', ...(draft ? [draft.id] : []))
  return (
    <ChangeDialog
      title={draft ? words.edit : words.create}
      verb={draft ? words.save : words.createDraft}
      wide
      isReady={isComplete(fields) && edit.isMerged}
      run={(comment) =>
        draft
          ? change<Experiment>('PATCH', path, {
              body: changesOf(fields, draft),
              version: draft.version,
              comment,
            })
          : change<Experiment>('POST', path, { body: { ...bodyOf(fields), status: 'draft' }, comment })
      }
      done={({ entity: { id, name } }) => (draft ? words.saved(name || id) : words.created(name || id))}
      onDone={({ entity: { id } }) => {
        onClose()
        void navigate({
          to: '/environments/$environment/experiments/$experiment' as '/',
          params: { environment, experiment: id } as never,
        })
      }}
      {...(draft && { onStale: edit.rebase })}
      onClose={onClose}
    >
      {(problemOf) => (
        <div className={css['columns']}>
          <div className={css['fields']}>
            <MergedEdit edit={edit} />
            <TextField
              label={form.name}
              problem={problemOf('name')}
              value={fields.name}
              onChange={(event) => set({ name: event.target.value })}
            />
            <TextArea
              label={`${form.hypothesis} (${common.optional})`}
              hint={form.hypothesisHint}
              problem={problemOf('hypothesis')}
              rows={2}
              value={fields.hypothesis}
              onChange={(event) => set({ hypothesis: event.target.value })}
            />
            <FlagChoice fields={fields} flag={flag} set={set} problemOf={problemOf} />
            <GoalChoice fields={fields} goals={goals} set={set} problemOf={problemOf} />
          </div>
          <div className={css['fields']}>
            <Design fields={fields} set={set} problemOf={problemOf} />
            <Planner fields={fields} flag={flag} goals={goals ?? []} set={set} />
          </div>
        </div>
      )}
    </ChangeDialog>
  )
}

interface PartProps {
  readonly fields: ExperimentFields
  readonly set: (next: Partial<ExperimentFields>) => void
  readonly problemOf: (path: string) => string | undefined
}

function FlagChoice({ fields, flag, set, problemOf }: PartProps & { flag: Flag | undefined }) {
  const environment = useEnvironmentId()
  const { data: rows } = useQuery(flagRowsQuery(environment))
  const rollouts = flag ? rolloutsOf(flag) : []
  const rollout = rollouts.find(({ ruleId }) => ruleId === fields.ruleId)
  // a merge may leave a rule or a baseline that this flag has not: it is shown, and refused by name
  const baselines = new Set([...(rollout?.weights.keys() ?? []), fields.baselineId])
  return (
    <>
      <SelectField
        label={form.flag}
        problem={problemOf('flagKey')}
        value={fields.flagKey}
        onChange={(event) => set({ flagKey: event.target.value, ruleId: '', baselineId: '' })}
      >
        <option value="">{form.chooseFlag}</option>
        {rows?.flags
          .filter(({ archived }) => !archived)
          .map((row) => (
            <option key={row.key} value={row.key}>
              {row.name ? `${row.name} (${row.key})` : row.key}
            </option>
          ))}
      </SelectField>
      {flag && rollouts.length === 0 && (
        <Note tone="warning">
          {form.noRollout}{' '}
          <Link to="/environments/$environment/flags/$flag" params={{ environment, flag: flag.key }}>
            {form.openFlag}
          </Link>
        </Note>
      )}
      {flag && rollouts.length > 0 && (
        <div className={css['pair']}>
          <SelectField
            label={form.rollout}
            hint={form.rolloutHint}
            problem={problemOf('ruleId')}
            value={fields.ruleId}
            onChange={(event) => set(chosenOf(flag, event.target.value))}
          >
            {!rollout && <option value={fields.ruleId}>{fields.ruleId}</option>}
            {rollouts.map(({ ruleId }) => (
              <option key={ruleId} value={ruleId}>
                {rolloutText(flag, ruleId)}
              </option>
            ))}
          </SelectField>
          <SelectField
            label={form.baseline}
            hint={form.baselineHint}
            problem={problemOf('baselineVariationId')}
            value={fields.baselineId}
            onChange={(event) => set({ baselineId: event.target.value })}
          >
            {[...baselines].map((id) => (
              <option key={id} value={id}>
                {variationName(flag, id)}
              </option>
            ))}
          </SelectField>
        </div>
      )}
    </>
  )
}

function GoalChoice({ fields, goals, set, problemOf }: PartProps & { goals: readonly Goal[] | undefined }) {
  const nameOf = ({ key, name }: Goal) => name || key
  const chosen = goals?.filter(({ key }) => key === fields.primary || fields.secondary.includes(key)) ?? []
  const toggle = (list: readonly string[], key: string, on: boolean) =>
    on ? [...list, key] : list.filter((each) => each !== key)
  if (goals?.length === 0) return <Note tone="warning">{form.noGoals}</Note>
  return (
    <>
      <SelectField
        label={form.primary}
        hint={form.primaryHint}
        problem={problemOf('goalKeys')}
        value={fields.primary}
        onChange={({ target: { value: primary } }) =>
          set({ primary, secondary: fields.secondary.filter((key) => key !== primary) })
        }
      >
        <option value="">{form.chooseGoal}</option>
        {goals?.map((goal) => (
          <option key={goal.key} value={goal.key}>
            {nameOf(goal)}
          </option>
        ))}
      </SelectField>
      {goals && goals.length > 1 && (
        <fieldset>
          <legend>{form.secondary}</legend>
          <small className={css['hint']}>{form.secondaryHint}</small>
          {goals
            .filter(({ key }) => key !== fields.primary)
            .map((goal) => (
              <Checkbox
                key={goal.key}
                label={nameOf(goal)}
                checked={fields.secondary.includes(goal.key)}
                onChange={(event) =>
                  set({ secondary: toggle(fields.secondary, goal.key, event.target.checked) })
                }
              />
            ))}
        </fieldset>
      )}
      {chosen
        .filter(({ key }) => key !== fields.primary)
        .map((goal) => (
          <MarginFields
            key={goal.key}
            name={nameOf(goal)}
            margin={fields.margins[goal.key] ?? noMargin}
            onChange={(margin) => set({ margins: { ...fields.margins, [goal.key]: margin } })}
          />
        ))}
      {chosen.map((goal) => (
        <Checkbox
          key={goal.key}
          label={form.lower(nameOf(goal))}
          checked={fields.lowerIsBetter.includes(goal.key)}
          onChange={(event) =>
            set({ lowerIsBetter: toggle(fields.lowerIsBetter, goal.key, event.target.checked) })
          }
        />
      ))}
    </>
  )
}

interface MarginFieldsProps {
  readonly name: string
  readonly margin: MarginField
  readonly onChange: (margin: MarginField) => void
}

/** How much worse a goal may get: a share of the baseline's figure, or so much of it. */
const MarginFields = ({ name, margin, onChange }: MarginFieldsProps) => (
  <div className={css['margin']}>
    <TextField
      label={`${form.margin(name)} (${common.optional})`}
      inputMode="decimal"
      value={margin.text}
      onChange={(event) => onChange({ ...margin, text: event.target.value })}
    />
    <InlineSelect
      label={form.marginUnit(name)}
      value={margin.unit}
      onChange={(event) => onChange({ ...margin, unit: event.target.value as MarginField['unit'] })}
    >
      {Object.entries(form.marginUnits).map(([unit, text]) => (
        <option key={unit} value={unit}>
          {text}
        </option>
      ))}
    </InlineSelect>
    {margin.unit === 'absolute' && <small>{form.absoluteHint}</small>}
  </div>
)

const Design = ({ fields, set, problemOf }: PartProps) => (
  <>
    <fieldset>
      <legend>{form.decision}</legend>
      <Radio
        name="decision"
        label={form.always}
        hint={form.alwaysHint}
        checked={fields.decision === 'always-valid'}
        onChange={() => set({ decision: 'always-valid' })}
      />
      <Radio
        name="decision"
        label={form.horizon}
        hint={form.horizonHint}
        checked={fields.decision === 'fixed-horizon'}
        onChange={() => set({ decision: 'fixed-horizon' })}
      />
    </fieldset>
    <div className={css['pair']}>
      <TextField
        label={form.effect}
        inputMode="decimal"
        problem={problemOf('design.minimumEffect')}
        value={fields.effect}
        onChange={(event) => set({ effect: event.target.value, usersPlanned: undefined })}
      />
      <TextField
        label={form.equivalence}
        inputMode="decimal"
        placeholder="2"
        problem={problemOf('design.equivalence')}
        value={fields.equivalence}
        onChange={(event) => set({ equivalence: event.target.value })}
      />
      <TextField
        label={form.minimumDays}
        inputMode="decimal"
        problem={problemOf('design.minimumDays')}
        value={fields.minimumDays}
        onChange={(event) => set({ minimumDays: event.target.value })}
      />
      <TextField
        label={form.ends}
        type="date"
        problem={problemOf('stopAt')}
        value={fields.ends}
        onChange={(event) => set({ ends: event.target.value })}
      />
    </div>
    <SelectField
      label={form.counts}
      value={fields.counts}
      onChange={(event) => set({ counts: event.target.value as ExperimentFields['counts'] })}
    >
      {Object.entries(resultWords.counts).map(([counts, text]) => (
        <option key={counts} value={counts}>
          {text}
        </option>
      ))}
    </SelectField>
    <TextField
      label={`${form.owner} (${common.optional})`}
      problem={problemOf('owner')}
      value={fields.owner}
      onChange={(event) => set({ owner: event.target.value })}
    />
    <Checkbox
      label={form.aa}
      hint={form.aaHint}
      checked={fields.aa}
      onChange={(event) => set({ aa: event.target.checked })}
    />
  </>
)
