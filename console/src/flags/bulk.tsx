// What is done with the selected flags: a bar of actions, and the dialog that shows what each would change.
import { useQuery } from '@tanstack/react-query'
import { Archive, ArchiveRestore, Power, PowerOff, Tags, X } from 'lucide-react'
import { useState } from 'react'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { change, pathOf, Refused } from '../api/client.ts'
import { useEnvironmentId, useNeedsComment } from '../api/place.ts'
import { announce } from '../change/announce.ts'
import { ConfirmChange } from '../change/confirm-change.tsx'
import { Plan } from '../change/plan.tsx'
import { bulk as words } from '../messages/bulk.ts'
import { editing } from '../messages/editing.ts'
import { Button } from '../ui/button.tsx'
import { ChipsInput } from '../ui/chips-input.tsx'
import { Note } from '../ui/page.tsx'
import { Refusal } from '../ui/states.tsx'
import css from './bulk.module.css'

type Action = keyof typeof words.actions

/** As the route `update-flags` takes them. */
interface Changes {
  readonly enabled?: boolean
  readonly archived?: boolean
  readonly addTags?: readonly string[]
  readonly removeTags?: readonly string[]
}

const fixedChanges: Readonly<Record<Exclude<Action, 'tags'>, Changes>> = {
  on: { enabled: true },
  off: { enabled: false },
  archive: { archived: true },
  restore: { archived: false },
}

const icons = { on: Power, off: PowerOff, tags: Tags, archive: Archive, restore: ArchiveRestore }

interface BulkProps {
  readonly flags: readonly FlagRow[]
  readonly onClose: () => void
}

export default function Bulk({ flags, onClose }: BulkProps) {
  const [action, setAction] = useState<Action>()
  const isOffered = (each: Action) =>
    each === 'tags' ||
    (each === 'restore' ? flags.some(({ archived }) => archived) : flags.some(({ archived }) => !archived))
  return (
    <div className={css['bar']} role="toolbar" aria-label={words.selected(flags.length)}>
      <b>{words.selected(flags.length)}</b>
      {(Object.entries(words.actions) as [Action, string][])
        .filter(([each]) => isOffered(each))
        .map(([each, text]) => {
          const Icon = icons[each]
          return (
            <Button key={each} small onClick={() => setAction(each)}>
              <Icon size={13} aria-hidden />
              {text}
            </Button>
          )
        })}
      <Button look="ghost" icon small aria-label={words.clear} onClick={onClose}>
        <X size={14} />
      </Button>
      {action && (
        <BulkDialog action={action} flags={flags} onClose={() => setAction(undefined)} onDone={onClose} />
      )}
    </div>
  )
}

interface BulkDialogProps extends BulkProps {
  readonly action: Action
  readonly onDone: () => void
}

function BulkDialog({ action, flags, onClose, onDone }: BulkDialogProps) {
  const environment = useEnvironmentId()
  const [out, setOut] = useState<ReadonlySet<string>>(new Set())
  const [tags, setTags] = useState<Changes>({ addTags: [], removeTags: [] })
  const keys = flags.map(({ key }) => key).filter((key) => !out.has(key))
  const changes = action === 'tags' ? tags : fixedChanges[action]
  const isNamed = action !== 'tags' || Object.values(tags).some((each) => each.length > 0)
  const path = pathOf(environment, 'flag-changes')
  const dryRun = useQuery({
    queryKey: ['dry-run', environment, 'flags', keys, changes],
    enabled: isNamed && keys.length > 0,
    gcTime: 0,
    queryFn: () =>
      change('POST', path, { body: { keys, changes }, dryRun: true, experiment: 'stop', comment: 'dry run' }),
  })
  const planned = dryRun.data?.changes?.filter(({ kind }) => kind === 'flag') ?? []
  const changed = planned.map(({ id }) => id)
  // where a change needs a comment, so does the way back
  const { needsComment } = useNeedsComment()
  const undo = needsComment ? undefined : undoOf(changes)
  return (
    <ConfirmChange
      title={words.titles[action](keys.length)}
      verb={words.actions[action]}
      done={words.done(changed.length)}
      isReady={changed.length > 0}
      {...(action === 'archive' && { isDestructive: true })}
      {...(undo && {
        undo: () => {
          const sentAt = performance.now()
          void change('POST', path, { body: { keys: changed, changes: undo } }).then((answer) =>
            announce({ environment, text: words.undone(changed.length), answer, sentAt }),
          )
        },
      })}
      run={(asked) => change('POST', path, { body: { keys, changes }, ...asked })}
      onClose={onClose}
      onDone={onDone}
    >
      {action === 'archive' && <p>{words.archiveHint}</p>}
      {action === 'tags' && <TagFields flags={flags} changes={tags} onChange={setTags} />}
      {!isNamed ? (
        <p className={css['quiet']}>{words.chooseTags}</p>
      ) : dryRun.error ? (
        <RefusedFlags error={dryRun.error} onLeaveOut={(gone) => setOut(new Set([...out, ...gone]))} />
      ) : !dryRun.data ? (
        <p className={css['quiet']}>{words.asking}</p>
      ) : changed.length === 0 ? (
        <p className={css['quiet']}>{words.nothing}</p>
      ) : (
        <>
          <p>
            <b>{words.changes(changed.length)}</b>
            {changed.length < keys.length && <> {words.same(keys.length - changed.length)}</>}
          </p>
          <Plan changes={planned} />
        </>
      )}
    </ConfirmChange>
  )
}

/** Undefined for tags: a flag that had a tag before would lose it. */
function undoOf({ enabled, archived }: Changes): Changes | undefined {
  if (enabled !== undefined) return { enabled: !enabled }
  return archived === undefined ? undefined : { archived: !archived }
}

interface TagFieldsProps {
  readonly flags: readonly FlagRow[]
  readonly changes: Changes
  readonly onChange: (changes: Changes) => void
}

function TagFields({ flags, changes, onChange }: TagFieldsProps) {
  const known = [...new Set(flags.flatMap(({ tags }) => tags))].toSorted()
  const field = (name: 'addTags' | 'removeTags') => (
    <label className={css['tags']}>
      {words[name]}
      <ChipsInput
        label={words[name]}
        values={changes[name] ?? []}
        suggestions={known}
        removeLabel={editing.editor.remove}
        onChange={(tags) => onChange({ ...changes, [name]: tags })}
      />
    </label>
  )
  return (
    <>
      {field('addTags')}
      {known.length > 0 && field('removeTags')}
    </>
  )
}

interface RefusedFlagsProps {
  readonly error: Error
  readonly onLeaveOut: (keys: readonly string[]) => void
}

const prefix = 'flags.'

/** Flags that cannot be changed so are named, and can be left out. */
function RefusedFlags({ error, onLeaveOut }: RefusedFlagsProps) {
  const fields = error instanceof Refused ? (error.problem.errors ?? []) : []
  const refused = fields.filter(({ path }) => path.startsWith(prefix))
  if (refused.length === 0) return <Refusal error={error} />
  return (
    <Note tone="warning" alert>
      <p>{words.refused(refused.length)}</p>
      <ul className={css['refused']}>
        {refused.map(({ path, message }) => (
          <li key={path}>
            <code>{path.slice(prefix.length)}</code> {message}
          </li>
        ))}
      </ul>
      <Button small onClick={() => onLeaveOut(refused.map(({ path }) => path.slice(prefix.length)))}>
        {words.leaveOut}
      </Button>
    </Note>
  )
}
