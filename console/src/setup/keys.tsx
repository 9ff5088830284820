// SDK keys of the environment and API tokens of the organisation.
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { PublicSdkKey } from '../../../workers/control/api/access-answers.ts'
import type { ChangeAnswer } from '../../../workers/control/api/shapes.ts'
import { ask, change, pathOf } from '../api/client.ts'
import { sdkKeysQuery } from '../api/entities.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { removeAction } from '../change/remove-action.ts'
import { RowActions } from '../change/row-actions.tsx'
import { common } from '../messages/common.ts'
import { moment } from '../messages/catalogue.ts'
import { setup } from '../messages/setup.ts'
import { Button } from '../ui/button.tsx'
import { Radio, TextField } from '../ui/fields.tsx'
import { Ago, Page, Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { onlyActive, type Shown } from './active.tsx'
import { useOrganisation } from './organisation.ts'
import { Secret } from './secret.tsx'
import css from './setup.module.css'
import { Overlap, type OverlapChoice, overlapsMs } from './overlap.tsx'
import { Tokens } from './tokens.tsx'

const { keys: words } = setup

export default function KeysPage() {
  const [secret, setSecret] = useState<Shown>()
  const organisation = useOrganisation()
  return (
    <Page title={words.title} lead={words.lead}>
      <div className={css['sections']}>
        <SdkKeys onSecret={setSecret} />
        {organisation && <Tokens organisation={organisation} onSecret={setSecret} />}
      </div>
      {secret && <Secret {...secret} onClose={() => setSecret(undefined)} />}
    </Page>
  )
}

function SdkKeys({ onSecret }: { onSecret: (secret: Shown) => void }) {
  const environment = useEnvironmentId()
  const canEdit = useMay('editor')
  const [isCreating, setIsCreating] = useState(false)
  const columns: Column<PublicSdkKey>[] = [
    {
      title: setup.name,
      cell: ({ id, name, previous }) => (
        <Named name={name || id}>{previous && words.rotating(moment(previous.expiresAt))}</Named>
      ),
    },
    { title: setup.role, cell: ({ role }) => words.keyRoles[role] },
    { title: setup.status, cell: onlyActive },
    { title: setup.made, cell: ({ createdAt }) => <Ago time={createdAt} /> },
    {
      title: setup.actions,
      quiet: true,
      cell: (key) => <KeyActions sdkKey={key} onSecret={onSecret} />,
    },
  ]
  return (
    <section>
      <Section title={words.sdk} hint={words.sdkHint}>
        <Button
          look="primary"
          disabled={!canEdit}
          {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
          onClick={() => setIsCreating(true)}
        >
          <Plus size={15} aria-hidden />
          {words.createKey}
        </Button>
      </Section>
      <Loaded query={useQuery(sdkKeysQuery(environment))}>
        {(keys) =>
          keys.length === 0 ? (
            <p className={css['quiet']}>{words.none}</p>
          ) : (
            <Table label={words.sdk} rows={keys} keyOf={({ id }) => id} columns={columns} />
          )
        }
      </Loaded>
      {isCreating && (
        <CreateKey
          onClose={() => setIsCreating(false)}
          onMade={(text) => {
            setIsCreating(false)
            onSecret({ title: words.newKey, text })
          }}
        />
      )}
    </section>
  )
}

interface KeyActionsProps {
  readonly sdkKey: PublicSdkKey
  readonly onSecret: (secret: Shown) => void
}

function KeyActions({ sdkKey: { id, name, version, disabled, foreign }, onSecret }: KeyActionsProps) {
  const path = pathOf(useEnvironmentId(), 'sdk-keys', id)
  const [overlap, setOverlap] = useState<OverlapChoice>('day')
  const shown = name || id
  return (
    <RowActions
      label={shown}
      actions={[
        ...(foreign
          ? []
          : [
              {
                text: words.rotate,
                hint: words.rotateHint,
                done: common.saved(shown),
                extra: <Overlap value={overlap} onChange={setOverlap} />,
                run: async ({ comment }: { comment: string }) => {
                  const answer = await ask<ChangeAnswer<PublicSdkKey> & { key: string }>(
                    'POST',
                    `${path}/rotate`,
                    { comment, body: { overlapMs: overlapsMs[overlap] } },
                  )
                  onSecret({ title: words.newKey, text: answer.key })
                  return answer
                },
              },
            ]),
        {
          text: disabled ? setup.enable : setup.disable,
          ...(!disabled && { hint: words.disableHint }),
          done: common.saved(shown),
          run: ({ comment }) => change('PATCH', path, { comment, body: { disabled: !disabled } }),
        },
        removeAction({ path, version, shown, hint: words.disableHint, typedName: shown }),
      ]}
    />
  )
}

interface CreateKeyProps {
  readonly onClose: () => void
  readonly onMade: (key: string) => void
}

type KeyRole = keyof typeof words.keyRoles

export function CreateKey({ onClose, onMade }: CreateKeyProps) {
  const environment = useEnvironmentId()
  const [name, setName] = useState('')
  const [role, setRole] = useState<KeyRole>('client')
  return (
    <ChangeDialog<{ key: string; revision: number }>
      title={words.createKey}
      verb={words.createKey}
      isReady={name.trim() !== ''}
      run={(comment) => ask('POST', pathOf(environment, 'sdk-keys'), { body: { name, role }, comment })}
      done={() => common.created(name)}
      onDone={({ key }) => onMade(key)}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <TextField
            label={setup.name}
            problem={problemOf('name')}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <fieldset>
            <legend>{setup.role}</legend>
            {(Object.entries(words.keyRoles) as [KeyRole, string][]).map(([each, text]) => (
              <Radio
                key={each}
                name="role"
                label={text}
                hint={words.keyRoleHints[each]}
                checked={role === each}
                onChange={() => setRole(each)}
              />
            ))}
          </fieldset>
        </>
      )}
    </ChangeDialog>
  )
}
