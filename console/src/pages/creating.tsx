// The form that makes something new in a list: the address says whether it is open (`create=true`).
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { type ReactNode, Suspense } from 'react'
import { useMay } from '../api/place.ts'
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'

interface Creating {
  /** What opens the form. */
  readonly button: ReactNode
  /** The form, while it is open. */
  readonly open: ReactNode
}

/** `verb`: what the button says. */
export function useCreating(verb: string, form: (close: () => void) => ReactNode): Creating {
  const navigate = useNavigate()
  const canEdit = useMay('editor')
  const { create } = useSearch({ strict: false }) as { create?: true }
  const creating = (isOpen: boolean) =>
    void navigate({
      to: '.',
      search: (was: object) => ({ ...was, create: isOpen || undefined, flag: undefined }) as never,
      // opening is a step that the back button undoes
      replace: !isOpen,
    })
  return {
    button: (
      <Button
        look="primary"
        disabled={!canEdit}
        {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
        onClick={() => creating(true)}
      >
        <Plus size={15} aria-hidden />
        {verb}
      </Button>
    ),
    open: create && canEdit && <Suspense>{form(() => creating(false))}</Suspense>,
  }
}
