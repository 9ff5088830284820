// Members of the organisation and their roles.
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { Member } from '../../../workers/control/api/access-answers.ts'
import { common } from '../messages/common.ts'
import { setup } from '../messages/setup.ts'
import { Button } from '../ui/button.tsx'
import { Page } from '../ui/page.tsx'
import { Empty, Loaded, Loading } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { MemberForm, RemoveMember } from './member-form.tsx'
import { membersQuery, useOrganisation } from './organisation.ts'
import css from './setup.module.css'

const { members: words } = setup
type Open = { readonly kind: 'create' } | { readonly kind: 'edit' | 'remove'; readonly member: Member }

export default function MembersPage() {
  const organisation = useOrganisation()
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
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
      {organisation && (open?.kind === 'create' || open?.kind === 'edit') && (
        <MemberForm organisation={organisation.id} {...open} onClose={close} />
      )}
      {organisation && open?.kind === 'remove' && (
        <RemoveMember organisation={organisation.id} member={open.member} onClose={close} />
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
