// The settings of an environment that are typed or chosen, saved together.
import { useState } from 'react'
import type * as z from 'zod'
import { Allocation } from '../../../core/model/flag.ts'
import { Settings, type StoredSettings } from '../../../core/model/settings.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { ConfirmChange } from '../change/confirm-change.tsx'
import { problemsBy } from '../change/schema-check.ts'
import { MergedEdit } from '../change/stale.tsx'
import { useEdit } from '../change/use-edit.ts'
import { common } from '../messages/common.ts'
import { flag } from '../messages/flag.ts'
import { settings as words } from '../messages/settings.ts'
import { Button } from '../ui/button.tsx'
import { ChipsInput } from '../ui/chips-input.tsx'
import { Checkbox, Field, SelectField, TextField } from '../ui/fields.tsx'
import { Note, Section } from '../ui/page.tsx'
import css from './settings.module.css'
import { changesOf, keptOfKind, servingForm, type WholeNumber } from './settings-fields.ts'

export function ServingForm({ settings }: { settings: z.infer<typeof StoredSettings> }) {
  const path = pathOf(useEnvironmentId(), 'settings')
  const canEdit = useMay('editor')
  // the form follows the settings until something is typed that a colleague changed as well
  const edit = useEdit(settings, servingForm)
  const { opened = settings, fields, set } = edit
  if (settings.version > opened.version) edit.follow(settings)
  const [isAsked, setIsAsked] = useState(false)
  const changes = changesOf(opened, fields)
  const count = Object.keys(changes).length
  const problems = problemsBy(
    Settings.partial(),
    Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null)),
  )
  const problemOf = (field: string) => problems.find(({ path }) => path.split('.')[0] === field)?.message
  const numberWithHint = (field: WholeNumber, hint: string) => (
    <TextField
      key={field}
      label={words[field]}
      hint={hint}
      inputMode="numeric"
      problem={problemOf(field)}
      value={fields[field]}
      disabled={!canEdit}
      onChange={(event) => set({ [field]: event.target.value })}
    />
  )
  const numberField = (
    field: 'intakePerMinute' | 'failedRunsUntilTold' | 'staleAfterDays' | 'keepEventsDays',
  ) => numberWithHint(field, words[`${field}Hint`])
  return (
    <section className={css['form']}>
      {!canEdit && <Note tone="info">{common.needsRole(common.roleEditor)}</Note>}
      <Section title={words.changing} />
      <Checkbox
        label={words.requireComment}
        hint={words.requireCommentHint}
        checked={fields.requireComment}
        disabled={!canEdit}
        onChange={(event) => set({ requireComment: event.target.checked })}
      />
      <SelectField
        label={words.defaultAllocation}
        value={fields.defaultAllocation}
        disabled={!canEdit}
        onChange={(event) =>
          set({ defaultAllocation: event.target.value as typeof fields.defaultAllocation })
        }
      >
        {Allocation.options.map((each) => (
          <option key={each} value={each}>
            {flag.settings.allocations[each]}
          </option>
        ))}
      </SelectField>
      <Section title={words.serving} />
      <SelectField
        label={words.bucketingFile}
        hint={words.bucketingFileHint}
        value={fields.bucketingFile}
        disabled={!canEdit}
        onChange={(event) => set({ bucketingFile: event.target.value as typeof fields.bucketingFile })}
      >
        <Options texts={words.bucketingFiles} />
      </SelectField>
      <SelectField
        label={words.disabledFlags}
        value={fields.disabledFlags}
        disabled={!canEdit}
        onChange={(event) => set({ disabledFlags: event.target.value as typeof fields.disabledFlags })}
      >
        <Options texts={words.disabledFlagsOptions} />
      </SelectField>
      <Checkbox
        label={words.streams}
        hint={words.streamsHint}
        checked={fields.streams}
        disabled={!canEdit}
        onChange={(event) => set({ streams: event.target.checked })}
      />
      <Checkbox
        label={words.enrichContext}
        hint={words.enrichContextHint}
        checked={fields.enrichContext}
        disabled={!canEdit}
        onChange={(event) => set({ enrichContext: event.target.checked })}
      />
      <TextField
        label={words.pathPrefix}
        hint={words.pathPrefixHint}
        mono
        problem={problemOf('pathPrefix')}
        value={fields.pathPrefix}
        disabled={!canEdit}
        onChange={(event) => set({ pathPrefix: event.target.value })}
      />
      <Section title={words.events} />
      {numberField('intakePerMinute')}
      <Field label={words.unlistedAttributes} hint={words.unlistedAttributesHint}>
        {() => (
          <ChipsInput
            label={words.unlistedAttributes}
            values={fields.unlistedAttributes}
            placeholder={words.addAttribute}
            removeLabel={words.removeAttribute}
            disabled={!canEdit}
            onChange={(unlistedAttributes) => set({ unlistedAttributes })}
          />
        )}
      </Field>
      <Section title={words.keeping} />
      {numberField('keepEventsDays')}
      {keptOfKind.map((field) => numberWithHint(field, words.keepKindHint))}
      <Section title={words.notices} />
      {numberField('failedRunsUntilTold')}
      {numberField('staleAfterDays')}
      {count > 0 && (
        <div className={css['save']}>
          <Button look="primary" disabled={!canEdit || problems.length > 0} onClick={() => setIsAsked(true)}>
            {words.save}
          </Button>
          <Button look="ghost" onClick={() => edit.restart(settings)}>
            {words.discard}
          </Button>
          <span>{words.changed(count)}</span>
        </div>
      )}
      {isAsked && (
        <ConfirmChange
          title={words.save}
          verb={words.save}
          done={words.saved}
          isReady={count > 0 && edit.isMerged}
          run={async ({ comment }) => {
            const options = { version: opened.version, body: changes, comment }
            const answer = await change<typeof settings>('PATCH', path, options)
            edit.restart(answer.entity)
            return answer
          }}
          onStale={edit.rebase}
          onClose={() => setIsAsked(false)}
        >
          <MergedEdit edit={edit} />
          <p>
            {Object.keys(changes)
              .map((field) => words[field as keyof typeof changes])
              .join('; ')}
          </p>
        </ConfirmChange>
      )}
    </section>
  )
}

const Options = ({ texts }: { texts: Readonly<Record<string, string>> }) => (
  <>
    {Object.entries(texts).map(([value, text]) => (
      <option key={value} value={value}>
        {text}
      </option>
    ))}
  </>
)
