// What a flag is called, how it splits users, and how it is put away.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import { ask, change, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { flagQuery } from '../api/queries.ts'
import { changesBetween } from '../change/changes-between.ts'
import { ConfirmChange, type ChangeAsked } from '../change/confirm-change.tsx'
import { MergedEdit } from '../change/stale.tsx'
import { useEdit } from '../change/use-edit.ts'
import { common } from '../messages/common.ts'
import { flag as flagWords } from '../messages/flag.ts'
import { observe } from '../messages/observe.ts'
import { EntityLink } from '../pages/entity-link.tsx'
import { Button } from '../ui/button.tsx'
import { SelectField, TextArea, TextField } from '../ui/fields.tsx'
import { Note, Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { aboutBody, aboutForm } from './about.ts'
import css from './detail.module.css'
import form from './settings.module.css'
import { useFlag } from './use-flag.ts'

const words = flagWords.settings
const kinds: Readonly<Record<string, string>> = observe.audit.kinds
type Asked = 'save' | 'allocation' | 'reset' | 'clone' | 'archive' | 'unarchive' | 'remove'

export default function FlagSettings() {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const flag = useFlag()
  const { key, version, archived, allocation, seed } = flag
  const isEditor = useMay('editor')
  const canEdit = isEditor && !archived
  // the form follows the flag until something is typed that a colleague changed as well
  const edit = useEdit(flag, aboutForm)
  const { opened = flag, fields: about, set } = edit
  const [allocated, setAllocated] = useState(allocation)
  const [copyKey, setCopyKey] = useState('')
  const [asked, setAsked] = useState<Asked>()
  const path = pathOf(environment, 'flags', key)
  const name = flag.name || key
  const changes = changesBetween(aboutBody(edit.initial), aboutBody(about))
  const isChanged = Object.keys(changes).length > 0
  if (flag.version > opened.version) edit.follow(flag)
  const patch = (body: object) => async (options: ChangeAsked) => {
    const answer = await change<Flag>('PATCH', path, { body, ...options })
    // what is done next is done on it, not on what was read before
    queries.setQueryData(flagQuery(environment, key).queryKey, answer.entity)
    return answer
  }
  const leave = (to: string) =>
    navigate({ to: '/environments/$environment/flags/$flag', params: { environment, flag: to } })
  const close = () => setAsked(undefined)
  return (
    <div className={`${css['work']} ${css['narrow']}`}>
      {!isEditor && <Note tone="info">{common.needsRole(common.roleEditor)}</Note>}
      <section className={form['form']}>
        <Section title={words.about} />
        <TextField
          label={words.name}
          value={about.name}
          disabled={!canEdit}
          onChange={(e) => set({ name: e.target.value })}
        />
        <TextArea
          label={words.description}
          value={about.description}
          disabled={!canEdit}
          onChange={(e) => set({ description: e.target.value })}
        />
        <TextField
          label={words.maintainer}
          hint={words.maintainerHint}
          value={about.maintainer}
          disabled={!canEdit}
          onChange={(e) => set({ maintainer: e.target.value })}
        />
        <TextField
          label={words.tags}
          hint={words.tagsHint}
          value={about.tags}
          disabled={!canEdit}
          onChange={(e) => set({ tags: e.target.value })}
        />
        <TextField
          label={words.slug}
          hint={words.slugHint}
          value={about.slug}
          mono
          disabled={!canEdit}
          onChange={(e) => set({ slug: e.target.value })}
        />
        <div>
          <Button look="primary" disabled={!canEdit || !isChanged} onClick={() => setAsked('save')}>
            {words.save}
          </Button>
        </div>
      </section>
      <section className={form['form']}>
        <Section title={words.split} />
        <SelectField
          label={words.allocation}
          hint={words.allocationHint}
          value={allocated}
          disabled={!canEdit}
          onChange={(event) => {
            setAllocated(event.target.value as Flag['allocation'])
            if (event.target.value !== allocation) setAsked('allocation')
          }}
        >
          {Object.entries(words.allocations).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </SelectField>
        <p>
          {words.seed}: {seed ? <code>{seed}</code> : words.seedNone}
        </p>
        <div className={form['row']}>
          <p>{allocation === 'fine' ? words.resetHint : words.resetNeedsFine}</p>
          <Button disabled={!canEdit || allocation !== 'fine'} onClick={() => setAsked('reset')}>
            {words.reset}…
          </Button>
        </div>
      </section>
      <section className={form['form']}>
        <Section title={words.clone} hint={words.cloneHint} />
        <div className={form['row']}>
          <TextField
            label={words.cloneKey}
            quiet
            placeholder={words.cloneKey}
            mono
            value={copyKey}
            disabled={!isEditor}
            onChange={(event) => setCopyKey(event.target.value)}
          />
          <Button disabled={!isEditor || copyKey === ''} onClick={() => setAsked('clone')}>
            {words.clone}…
          </Button>
        </div>
      </section>
      <section className={form['form']}>
        <Section title={words.danger} />
        <Dependents path={path} />
        <div className={form['row']}>
          <p>{archived ? words.unarchiveHint : words.archiveHint}</p>
          <Button disabled={!isEditor} onClick={() => setAsked(archived ? 'unarchive' : 'archive')}>
            {archived ? words.unarchive : words.archive}…
          </Button>
        </div>
        <div className={form['row']}>
          <p>{words.removeHint}</p>
          <Button disabled={!isEditor} onClick={() => setAsked('remove')}>
            {words.remove}…
          </Button>
        </div>
      </section>
      {asked === 'save' && (
        <ConfirmChange
          title={words.save}
          verb={words.save}
          done={words.saved(name)}
          run={async (choice) => {
            const options = { version: opened.version, body: changes, ...choice }
            const answer = await change<Flag>('PATCH', path, options)
            edit.restart(answer.entity)
            return answer
          }}
          isReady={isChanged && edit.isMerged}
          onStale={edit.rebase}
          onClose={close}
        >
          <MergedEdit edit={edit} />
        </ConfirmChange>
      )}
      {asked === 'allocation' && (
        <ConfirmChange
          title={words.allocation}
          verb={words.save}
          done={words.saved(name)}
          version={version}
          run={patch({ allocation: allocated })}
          onClose={() => {
            setAllocated(allocation)
            close()
          }}
        >
          <p>{words.allocationHint}</p>
          <p>{words.allocations[allocated]}</p>
        </ConfirmChange>
      )}
      {asked === 'reset' && (
        <ConfirmChange
          title={words.reset}
          verb={words.reset}
          done={words.resetDone(name)}
          typedName={key}
          isDestructive
          version={version}
          run={patch({ resetSeed: true })}
          onClose={close}
        >
          <p>{words.resetHint}</p>
        </ConfirmChange>
      )}
      {asked === 'clone' && (
        <ConfirmChange
          title={words.clone}
          verb={words.clone}
          done={words.cloned(name)}
          run={(options) => change<Flag>('POST', `${path}/clone`, { body: { key: copyKey }, ...options })}
          onClose={close}
          onDone={() => void leave(copyKey)}
        >
          <p>
            {words.cloneHint} <code>{copyKey}</code>
          </p>
        </ConfirmChange>
      )}
      {(asked === 'archive' || asked === 'unarchive') && (
        <ConfirmChange
          title={asked === 'archive' ? words.archive : words.unarchive}
          verb={asked === 'archive' ? words.archive : words.unarchive}
          done={asked === 'archive' ? words.archived(name) : words.unarchived(name)}
          {...(asked === 'archive' && { typedName: key, isDestructive: true })}
          version={version}
          run={patch({ archived: asked === 'archive' })}
          onClose={close}
        >
          <p>{asked === 'archive' ? words.archiveHint : words.unarchiveHint}</p>
        </ConfirmChange>
      )}
      {asked === 'remove' && (
        <ConfirmChange
          title={words.remove}
          verb={words.remove}
          done={words.removed(name)}
          typedName={key}
          isDestructive
          version={version}
          run={async (options) => {
            const answer = await change<Flag>('DELETE', path, options)
            await navigate({ to: '/environments/$environment/flags', params: { environment } })
            queries.removeQueries({ queryKey: [environment, 'flag', key] })
            return answer
          }}
          onClose={close}
        >
          <p>{words.removeHint}</p>
        </ConfirmChange>
      )}
    </div>
  )
}

function Dependents({ path }: { path: string }) {
  const environment = useEnvironmentId()
  const query = useQuery({
    queryKey: [environment, 'dependents', path],
    queryFn: () => ask<{ dependents: { kind: string; id: string }[] }>('GET', `${path}/dependents`),
  })
  return (
    <Loaded query={query} lines={1}>
      {({ dependents }) =>
        dependents.length === 0 ? (
          <p>{words.noDependents}</p>
        ) : (
          <Note tone="warning">
            <p>{words.dependents}:</p>
            <ul>
              {dependents.map(({ kind, id }) => (
                <li key={`${kind} ${id}`}>
                  {kinds[kind] ?? kind} <EntityLink kind={kind} id={id} />
                </li>
              ))}
            </ul>
          </Note>
        )
      }
    </Loaded>
  )
}
