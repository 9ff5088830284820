// A member, new or edited: their role, and what they may do in which environment; and the way out.
import { useQuery } from '@tanstack/react-query'
import type { Member } from '../../../workers/control/api/access-answers.ts'
import { ask } from '../api/client.ts'
import { nameWithId } from '../api/place.ts'
import { environmentsQuery } from '../api/queries.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { optionText } from '../change/merge-fields.ts'
import type { FormOf } from '../change/edit-state.ts'
import { useEdit } from '../change/use-edit.ts'
import { common } from '../messages/common.ts'
import { setup } from '../messages/setup.ts'
import { InlineSelect, Radio, TextField } from '../ui/fields.tsx'
import { organisationPath } from './organisation.ts'
import css from './setup.module.css'

const { members: words } = setup
type Role = Member['role']
type Grants = Member['environments']

const memberForm: FormOf<Member, Pick<Member, 'email' | 'name' | 'role' | 'environments'>> = {
  empty: { email: '', name: '', role: 'member', environments: { '*': 'viewer' } },
  fieldsOf: ({ email, name, role, environments }) => ({ email, name, role, environments }),
  rules: {
    email: 'stored',
    name: { label: setup.name },
    role: { label: setup.role, text: optionText(words.roles) },
    environments: {
      label: words.grants,
      entries: {
        label: (id) => (id === '*' ? words.allEnvironments : id),
        text: (grant) => words.grantRoles[grant ?? 'none'],
      },
    },
  },
}

interface MemberDialogProps {
  readonly organisation: string
  readonly member: Member
  readonly onClose: () => void
}

export const RemoveMember = ({ organisation, member: { id, email }, onClose }: MemberDialogProps) => (
  <ChangeDialog<Member>
    title={common.remove}
    verb={common.remove}
    isDestructive
    isReady
    ofOrganisation
    run={() => ask('DELETE', `${organisationPath(organisation, 'members')}/${encodeURIComponent(id)}`)}
    done={() => common.removed(email)}
    onClose={onClose}
  >
    {() => <p>{email}</p>}
  </ChangeDialog>
)

type MemberFormProps = Omit<MemberDialogProps, 'member'> & { readonly member?: Member }

export function MemberForm({ organisation, member, onClose }: MemberFormProps) {
  const { data: environments = [] } = useQuery(environmentsQuery())
  const edit = useEdit(member, memberForm)
  const { fields, set } = edit
  const { email, name, role } = fields
  const grant = (id: string, to: string) => {
    const { [id]: _, ...others } = fields.environments
    set({ environments: to === 'none' ? others : ({ ...others, [id]: to } as Grants) })
  }
  return (
    <EntityDialog
      plural="members"
      organisationPath={organisationPath(organisation, 'members')}
      words={{ create: words.create, edit: words.editTitle, save: words.save }}
      edit={edit}
      bodyOf={({ email: address, ...others }) =>
        address === '' ? undefined : { ...others, ...(!member && { email: address }) }
      }
      shown={name || email}
      onClose={onClose}
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
    </EntityDialog>
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
