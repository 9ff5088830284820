// Creates a flag and opens it. The form checks what the API checks, by the same schema and in the same words.
import { useNavigate } from '@tanstack/react-router'
import { Plus, Trash2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import { FlagDraft } from '../../../core/model/flag-draft.ts'
import type { Flag, FlagType } from '../../../core/model/flag.ts'
import type { FieldProblem } from '../../../core/model/problem.ts'
import { change, pathOf, Refused } from '../api/client.ts'
import { useEnvironmentId, useNeedsComment } from '../api/place.ts'
import { announce } from '../change/announce.ts'
import { problemsBy } from '../change/schema-check.ts'
import { common } from '../messages/common.ts'
import { flags as words } from '../messages/flags.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Checkbox, SelectField, TextArea, TextField } from '../ui/fields.tsx'
import { fill } from '../ui/marks.tsx'
import { keyFollowing, keyTyped } from '../ui/key-of.ts'
import { Note } from '../ui/page.tsx'
import { Refusal } from '../ui/states.tsx'
import css from './create-flag.module.css'
import { colourOf } from './text.ts'
import { bodyOf, type NewFlag, newVariationId, startOf } from './draft-of.ts'

const { form } = words
const empty: NewFlag = { name: '', key: '', description: '', tags: '', enabled: false, ...startOf('boolean') }

export default function CreateFlag({ onClose }: { onClose: () => void }) {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const { isProduction, needsComment } = useNeedsComment()
  const [flag, setFlag] = useState(empty)
  const [comment, setComment] = useState('')
  const [isTried, setIsTried] = useState(false)
  const [error, setError] = useState<unknown>()
  const set = (next: Partial<NewFlag>) => {
    setFlag((was) => ({ ...was, ...next }))
    setError(undefined)
  }
  const problems = useMemo((): readonly Pick<FieldProblem, 'path' | 'message'>[] => {
    if (error instanceof Refused) return error.problem.errors ?? []
    return problemsBy(FlagDraft, bodyOf(flag))
  }, [flag, error])
  const problemOf = (path: string) =>
    isTried ? problems.find((each) => each.path === path)?.message : undefined
  const needsMore = needsComment && comment.trim() === ''

  const create = async () => {
    setIsTried(true)
    if (needsMore || (problems.length > 0 && !error)) return
    const sentAt = performance.now()
    try {
      const answer = await change<Flag>('POST', pathOf(environment, 'flags'), {
        body: bodyOf(flag),
        comment: comment.trim(),
      })
      const { key, name } = answer.entity
      void announce({ environment, text: common.created(name || key), answer, sentAt })
      await navigate({ to: '/environments/$environment/flags/$flag', params: { environment, flag: key } })
    } catch (cause) {
      setError(cause)
    }
  }

  const setVariation = (place: number, next: Partial<NewFlag['variations'][number]>) =>
    set({ variations: flag.variations.map((each, i) => (i === place ? { ...each, ...next } : each)) })
  const remove = (id: string) => {
    const variations = flag.variations.filter((each) => each.id !== id)
    const first = variations[0]?.id ?? ''
    const kept = (chosen: string) => (chosen === id ? first : chosen)
    set({ variations, servedId: kept(flag.servedId), offId: kept(flag.offId) })
  }
  const isStructure = flag.type === 'json' || flag.type === 'yaml'
  const options = flag.variations.map(({ id, name }) => (
    <option key={id} value={id}>
      {name || id}
    </option>
  ))
  return (
    <Dialog
      title={words.create}
      onClose={onClose}
      onSubmit={create}
      wide
      actions={
        <Button look={isProduction ? 'production' : 'primary'} type="submit">
          {words.create}
        </Button>
      }
    >
      <div className={css['pair']}>
        <TextField
          label={form.name}
          hint={form.nameHint}
          problem={problemOf('name')}
          value={flag.name}
          autoFocus
          onChange={({ target: { value: name } }) =>
            set({ name, key: keyFollowing(flag.key, flag.name, name) })
          }
        />
        <TextField
          label={form.key}
          hint={form.keyHint}
          problem={problemOf('key')}
          value={flag.key}
          mono
          required
          onChange={(event) => set({ key: keyTyped(event.target.value) })}
        />
      </div>
      <TextArea
        label={`${form.description} (${common.optional})`}
        problem={problemOf('description')}
        rows={2}
        value={flag.description}
        onChange={(event) => set({ description: event.target.value })}
      />
      <SelectField
        label={form.type}
        value={flag.type}
        onChange={(event) => set(startOf(event.target.value as FlagType))}
      >
        {Object.entries(form.types).map(([type, text]) => (
          <option key={type} value={type}>
            {text}
          </option>
        ))}
      </SelectField>
      <fieldset>
        <legend>{form.variations}</legend>
        {flag.variations.map(({ id, name, value }, place) => (
          <div key={id} className={css['variation']}>
            <i className={fill(colourOf({ variations: flag.variations, offVariationId: flag.offId }, id))} />
            <TextField
              label={form.variationName(place + 1)}
              quiet
              value={name}
              problem={problemOf(`variations.${place}.name`)}
              onChange={(event) => setVariation(place, { name: event.target.value })}
            />
            {isStructure ? (
              <TextArea
                label={form.variationValue(place + 1)}
                quiet
                rows={3}
                value={value}
                problem={problemOf(`variations.${place}.value`)}
                onChange={(event) => setVariation(place, { value: event.target.value })}
              />
            ) : (
              <TextField
                label={form.variationValue(place + 1)}
                quiet
                mono
                value={value}
                readOnly={flag.type === 'boolean'}
                problem={problemOf(`variations.${place}.value`)}
                onChange={(event) => setVariation(place, { value: event.target.value })}
              />
            )}
            {flag.type !== 'boolean' && flag.variations.length > 1 ? (
              <Button
                look="ghost"
                icon
                aria-label={form.removeVariation(name || id)}
                onClick={() => remove(id)}
              >
                <Trash2 size={14} />
              </Button>
            ) : (
              <span />
            )}
          </div>
        ))}
        {flag.type !== 'boolean' && (
          <div>
            <Button
              small
              onClick={() => {
                const id = newVariationId(flag.variations.map((each) => each.id))
                const value =
                  flag.type === 'number' ? String(flag.variations.length) : isStructure ? '{}' : id
                set({ variations: [...flag.variations, { id, name: id, value }] })
              }}
            >
              <Plus size={13} aria-hidden />
              {form.addVariation}
            </Button>
          </div>
        )}
      </fieldset>
      <div className={css['pair']}>
        <SelectField
          label={form.served}
          value={flag.servedId}
          onChange={(event) => set({ servedId: event.target.value })}
        >
          {options}
        </SelectField>
        <SelectField
          label={form.off}
          value={flag.offId}
          onChange={(event) => set({ offId: event.target.value })}
        >
          {options}
        </SelectField>
      </div>
      <TextField
        label={`${form.tags} (${common.optional})`}
        hint={form.tagsHint}
        problem={problemOf('tags')}
        value={flag.tags}
        onChange={(event) => set({ tags: event.target.value })}
      />
      <Checkbox
        label={form.enabled}
        hint={form.enabledHint}
        checked={flag.enabled}
        onChange={(event) => set({ enabled: event.target.checked })}
      />
      {needsComment && (
        <TextField
          label={common.comment}
          hint={`${common.commentNeeded} ${common.commentHint}`}
          problem={isTried && needsMore ? common.commentNeeded : undefined}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
      )}
      {error !== undefined && <Refusal error={error} />}
      {isTried && error === undefined && problems.length > 0 && (
        <Note tone="failed" alert>
          {form.problems}: {problems.map(({ path, message }) => `${path} ${message}`).join('; ')}
        </Note>
      )}
    </Dialog>
  )
}
