// API tokens, for scripts and for people without single sign-on.
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { Token } from '../../../workers/control/api/access-answers.ts'
import { ask } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { queries } from '../api/queries.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { common } from '../messages/common.ts'
import { date } from '../messages/figures.ts'
import { setup } from '../messages/setup.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox, SelectField, TextField } from '../ui/fields.tsx'
import { Status } from '../ui/marks.tsx'
import { Ago, Section } from '../ui/page.tsx'
import { Loaded, Refusal } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { onlyActive, type Shown } from './active.tsx'
import { organisationPath, tokensQuery } from './organisation.ts'
import { Overlap, type OverlapChoice, overlapsMs } from './overlap.tsx'
import css from './setup.module.css'

const { keys: words } = setup

interface TokensProps {
  readonly organisation: { readonly id: string; readonly isAdmin: boolean }
  readonly onSecret: (secret: Shown) => void
}

export function Tokens({ organisation: { id, isAdmin }, onSecret }: TokensProps) {
  const [isCreating, setIsCreating] = useState(false)
  return (
    <section>
      <Section title={words.tokens} hint={words.tokensHint}>
        {isAdmin && (
          <Button onClick={() => setIsCreating(true)}>
            <Plus size={15} aria-hidden />
            {words.createToken}
          </Button>
        )}
      </Section>
      {isAdmin ? (
        <List organisation={id} onSecret={onSecret} />
      ) : (
        <p className={css['quiet']}>{words.tokensAdmin}</p>
      )}
      {isCreating && (
        <CreateToken
          organisation={id}
          onClose={() => setIsCreating(false)}
          onMade={(text) => {
            setIsCreating(false)
            onSecret({ title: words.newToken, text })
          }}
        />
      )}
    </section>
  )
}

function List({ organisation, onSecret }: { organisation: string; onSecret: TokensProps['onSecret'] }) {
  const [rotated, setRotated] = useState<Token>()
  const [error, setError] = useState<unknown>()
  const change = async (token: Token) => {
    const path = `${organisationPath(organisation, 'tokens')}/${encodeURIComponent(token.id)}`
    try {
      await ask('PATCH', path, { body: { disabled: !token.disabled } })
      await queries.invalidateQueries(tokensQuery(organisation))
    } catch (cause) {
      setError(cause)
    }
  }
  const columns: Column<Token>[] = [
    {
      title: setup.name,
      cell: ({ name, environments }) => (
        <Named name={name}>{environments?.join(', ') ?? words.everywhere}</Named>
      ),
    },
    { title: setup.role, cell: ({ role }) => words.tokenRoles[role] },
    {
      title: setup.status,
      cell: (token) =>
        token.expiresAt !== null && token.expiresAt < Date.now() ? (
          <Status is="stopped">{words.expired}</Status>
        ) : (
          onlyActive(token)
        ),
    },
    {
      title: words.lastUsed,
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? words.unused : <Ago time={lastUsedAt} />),
    },
    { title: words.expires, cell: ({ expiresAt }) => (expiresAt === null ? words.never : date(expiresAt)) },
    {
      title: setup.actions,
      quiet: true,
      cell: (token) => {
        const text = token.disabled ? setup.enable : setup.disable
        return (
          <span className={css['actions']}>
            <Button
              small
              aria-label={`${words.rotateToken}: ${token.name}`}
              onClick={() => setRotated(token)}
            >
              {words.rotateToken}
            </Button>
            <Button small aria-label={`${text}: ${token.name}`} onClick={() => void change(token)}>
              {text}
            </Button>
          </span>
        )
      },
    },
  ]
  return (
    <>
      {error !== undefined && <Refusal error={error} />}
      {rotated && (
        <RotateToken
          organisation={organisation}
          token={rotated}
          onClose={() => setRotated(undefined)}
          onMade={(text) => {
            setRotated(undefined)
            onSecret({ title: words.newToken, text })
          }}
        />
      )}
      <Loaded query={useQuery(tokensQuery(organisation))}>
        {(tokens) =>
          tokens.length === 0 ? (
            <p className={css['quiet']}>{words.noTokens}</p>
          ) : (
            <Table label={words.tokens} rows={tokens} keyOf={({ id }) => id} columns={columns} />
          )
        }
      </Loaded>
    </>
  )
}

interface RotateTokenProps extends CreateTokenProps {
  readonly token: Token
}

function RotateToken({ organisation, token: { id, name }, onClose, onMade }: RotateTokenProps) {
  const [overlap, setOverlap] = useState<OverlapChoice>('day')
  const path = `${organisationPath(organisation, 'tokens')}/${encodeURIComponent(id)}/rotate`
  return (
    <ChangeDialog<Token & { token: string }>
      title={`${words.rotateToken}: ${name}`}
      verb={words.rotateToken}
      ofOrganisation
      isReady
      run={() => ask('POST', path, { query: { overlapMs: overlapsMs[overlap] } })}
      done={() => common.saved(name)}
      onDone={({ token }) => onMade(token)}
      onClose={onClose}
    >
      {() => (
        <>
          <p>{words.rotateTokenHint}</p>
          <Overlap value={overlap} onChange={setOverlap} />
        </>
      )}
    </ChangeDialog>
  )
}

interface CreateTokenProps {
  readonly organisation: string
  readonly onClose: () => void
  readonly onMade: (token: string) => void
}

function CreateToken({ organisation, onClose, onMade }: CreateTokenProps) {
  const environment = useEnvironmentId()
  const [fields, setFields] = useState({ name: '', role: 'viewer', isHere: true, expires: '' })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { name, role, isHere, expires } = fields
  const isLimited = isHere && (role === 'editor' || role === 'viewer')
  return (
    <ChangeDialog<Token & { token: string }>
      title={words.createToken}
      verb={words.createToken}
      ofOrganisation
      isReady={name.trim() !== ''}
      run={() =>
        ask('POST', organisationPath(organisation, 'tokens'), {
          body: {
            name,
            role,
            ...(isLimited && { environments: [environment] }),
            ...(expires && { expiresAt: Date.parse(`${expires}T23:59:00`) }),
          },
        })
      }
      done={() => common.created(name)}
      onDone={({ token }) => onMade(token)}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <TextField
            label={setup.name}
            problem={problemOf('name')}
            value={name}
            onChange={(event) => set({ name: event.target.value })}
          />
          <SelectField
            label={setup.role}
            problem={problemOf('role')}
            value={role}
            onChange={(event) => set({ role: event.target.value })}
          >
            {Object.entries(words.tokenRoles)
              .toReversed()
              .map(([each, text]) => (
                <option key={each} value={each}>
                  {text}
                </option>
              ))}
          </SelectField>
          {(role === 'editor' || role === 'viewer') && (
            <Checkbox
              label={words.onlyHere}
              checked={isHere}
              onChange={(event) => set({ isHere: event.target.checked })}
            />
          )}
          <TextField
            label={words.expires}
            type="date"
            problem={problemOf('expiresAt')}
            value={expires}
            onChange={(event) => set({ expires: event.target.value })}
          />
        </>
      )}
    </ChangeDialog>
  )
}
