// The page of one segment or goal: the way back to its list, its form, and its removal.
import { Link, useNavigate } from '@tanstack/react-router'
import { Pencil } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { removeAction } from '../change/remove-action.ts'
import { RowActions } from '../change/row-actions.tsx'
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'
import { Page } from '../ui/page.tsx'
import css from './audience.module.css'

interface EntityPageProps {
  /** As in the path of the API, and in the address. */
  readonly plural: 'segments' | 'goals'
  readonly entity: { readonly key: string; readonly name: string; readonly version: number }
  readonly words: { readonly title: string; readonly edit: string }
  readonly lead: ReactNode
  readonly form: (close: () => void) => ReactNode
  readonly children: ReactNode
}

export function EntityPage({
  plural,
  entity: { key, name, version },
  words,
  lead,
  form,
  children,
}: EntityPageProps) {
  const environment = useEnvironmentId()
  const canEdit = useMay('editor')
  const navigate = useNavigate()
  const [isEditing, setIsEditing] = useState(false)
  const list = { to: `/environments/$environment/${plural}`, params: { environment } } as const
  const shown = name || key
  return (
    <Page
      title={shown}
      back={<Link {...list}>{words.title}</Link>}
      lead={lead}
      actions={
        <>
          <RowActions
            big
            label={shown}
            actions={[
              removeAction({
                path: pathOf(environment, plural, key),
                version,
                shown,
                typedName: key,
                onDone: () => navigate(list),
              }),
            ]}
          />
          <Button
            look="primary"
            disabled={!canEdit}
            {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
            onClick={() => setIsEditing(true)}
          >
            <Pencil size={13} aria-hidden />
            {words.edit}
          </Button>
        </>
      }
    >
      <div className={css['page']}>{children}</div>
      {isEditing && form(() => setIsEditing(false))}
    </Page>
  )
}
