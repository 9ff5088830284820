// Members of the organisation and their roles.
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { Member } from '../../../workers/control/api/access-answers.ts'
import { ask } from '../api/client.ts'
import { nameWithId } from '../api/place.ts'
import { environmentsQuery } from '../api/queries.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { common } from '../messages/common.ts'
import { setup } from '../messages/setup.ts'
import { Button } from '../ui/button.tsx'
import { InlineSelect, Radio, TextField } from '../ui/fields.tsx'
import { Page } from '../ui/page.tsx'
import { Empty, Loaded, Loading } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { membersQuery, organisationPath, useOrganisation } from './organisation.ts'
import css from './setup.module.css'

const { members: words } = setup
type Open = { readonly kind: 'create' } | { readonly kind: 'edit' | 'remove'; readonly member: Member }

export default function MembersPage() {
  const organisation = useOrganisation()
  const [open, setOpen] = useState<Open>()
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <Button
          look="primary"
          disabled={!organisation?.isAdmin}
          {...(organisation?.isAdmin === false && { title: common.needsRole(common.roleAdmin) })}
          onClick={() => setOpen({ kind: 'create' })}
        >
          <Plus size={15} aria-hidden />
          {words.create}
        </Button>
      }
    >
      {!organisation ? (
        <Loading />
      ) : organisation.isAdmin ? (
        <List organisation={organisation.id} onOpen={setOpen} />
      ) : (
        <Empty title={words.adminOnly}>{common.needsRole(common.roleAdmin)}</Empty>
      )}
      {organisation && open && (
        <MemberDialog organisation={organisation.id} open={open} onClose={() => setOpen(undefined)} />
      )}
    </Page>
  )
}

interface ListProps {
  readonly organisation: string
  readonly onOpen: (open: Open) => void
}

function List({ organisation, onOpen }: ListProps) {
  const columns: Column<Member>[] = [
    {
      title: setup.name,
      cell: ({ name, email }) => <Named name={name || email}>{name && email}</Named>,
    },
    { title: setup.role, cell: ({ role }) => words.roles[role] },
    {
      title: words.grants,
      cell: ({ role, environments }) =>
        role === 'member'
          ? Object.entries(environments)
              .map(([id, grant]) => `${id === '*' ? words.all : id}: ${words.grantRoles[grant]}`)
              .join(', ')
          : words.everything,
    },
    {
      title: setup.actions,
      quiet: true,
      cell: (member) => (
        <span className={css['fields']}>
          <Button
            small
            aria-label={`${common.edit}: ${member.email}`}
            onClick={() => onOpen({ kind: 'edit', member })}
          >
            {common.edit}
          </Button>
          <Button
            small
            aria-label={`${common.remove}: ${member.email}`}
            onClick={() => onOpen({ kind: 'remove', member })}
          >
            {common.remove}
          </Button>
        </span>
      ),
    },
  ]
  return (
    <Loaded query={useQuery(membersQuery(organisation))}>
      {(members) =>
        members.length === 0 ? (
          <Empty title={words.none}>{words.noneHint}</Empty>
        ) : (
          <Table label={words.title} rows={members} keyOf={({ id }) => id} columns={columns} />
        )
      }
    </Loaded>
  )
}

interface MemberDialogProps {
  readonly organisation: string
  readonly open: Open
  readonly onClose: () => void
}

type Role = Member['role']
type Grants = Member['environments']

function MemberDialog({ organisation, open, onClose }: MemberDialogProps) {
  const member = open.kind === 'create' ? undefined : open.member
  const { data: environments = [] } = useQuery(environmentsQuery())
  const [fields, setFields] = useState({
    email: member?.email ?? '',
    name: member?.name ?? '',
    role: member?.role ?? ('member' as Role),
    environments: member?.environments ?? ({ '*': 'viewer' } as Grants),
  })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { email, name, role } = fields
  const grant = (id: string, to: string) => {
    const { [id]: _, ...others } = fields.environments
    set({ environments: to === 'none' ? others : ({ ...others, [id]: to } as Grants) })
  }
  const path = organisationPath(organisation, 'members')
  const onePath = `${path}/${encodeURIComponent(member?.id ?? '')}`
  const shared = { ofOrganisation: true, onClose }
  if (open.kind === 'remove')
    return (
      <ChangeDialog<Member>
        {...shared}
        title={common.remove}
        verb={common.remove}
        isDestructive
        isReady
        run={() => ask('DELETE', onePath)}
        done={() => common.removed(email)}
      >
        {() => <p>{email}</p>}
      </ChangeDialog>
    )
  return (
    <ChangeDialog<Member>
      {...shared}
      title={member ? words.editTitle : words.create}
      verb={member ? words.save : words.create}
      isReady={email !== ''}
      run={() =>
        member
          ? ask('PATCH', onePath, { body: { name, role, environments: fields.environments } })
          : ask('POST', path, { body: fields })
      }
      done={() => (member ? common.saved : common.created)(name || email)}
    >
      {(problemOf) => (
        <>
          <TextField
            label={words.email}
            type="email"
            problem={problemOf('email')}
            readOnly={member !== undefined}
            value={email}
            onChange={(event) => set({ email: event.target.value })}
          />
          <TextField
            label={`${setup.name} (${common.optional})`}
            problem={problemOf('name')}
            value={name}
            onChange={(event) => set({ name: event.target.value })}
          />
          <fieldset>
            <legend>{setup.role}</legend>
            {(Object.entries(words.roles) as [Role, string][]).toReversed().map(([each, text]) => (
              <Radio
                key={each}
                name="role"
                label={text}
                hint={words.roleHints[each]}
                checked={role === each}
                onChange={() => set({ role: each })}
              />
            ))}
          </fieldset>
          {role === 'member' && (
            <fieldset>
              <legend>{words.grants}</legend>
              <div className={css['grants']}>
                {[{ id: '*', name: words.allEnvironments }, ...environments].map((each) => (
                  <GrantRow
                    key={each.id}
                    name={each.id === '*' ? each.name : nameWithId(each)}
                    value={fields.environments[each.id] ?? 'none'}
                    onChange={(to) => grant(each.id, to)}
                  />
                ))}
              </div>
            </fieldset>
          )}
        </>
      )}
    </ChangeDialog>
  )
}

interface GrantRowProps {
  readonly name: string
  readonly value: string
  readonly onChange: (to: string) => void
}

const GrantRow = ({ name, value, onChange }: GrantRowProps) => (
  <>
    <span>{name}</span>
    <InlineSelect label={name} value={value} onChange={(event) => onChange(event.target.value)}>
      {Object.entries(words.grantRoles).map(([grant, text]) => (
        <option key={grant} value={grant}>
          {text}
        </option>
      ))}
    </InlineSelect>
  </>
)
