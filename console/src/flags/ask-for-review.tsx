// Asks somebody else to look at a draft: a link that holds it. Who opens it gets it as a draft of their own.
import { useNavigate, useRouterState } from '@tanstack/react-router'
import { Link2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import { isSame } from '../change/changes-between.ts'
import { reviewing as words } from '../messages/reviewing.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Note } from '../ui/page.tsx'
import { toast } from '../ui/toasts.tsx'
import type { Edit } from './draft.ts'
import { fromFragment, isDraftFragment, toFragment } from './review-link.ts'
import type { FlagDraft } from './use-draft.ts'

export function AskForReview({ edit }: { edit: Edit }) {
  const copy = async () => {
    const fragment = await toFragment(edit)
    if (fragment === undefined)
      return toast({ text: words.tooLong, detail: words.tooLongHint, tone: 'failed' })
    await navigator.clipboard.writeText(`${location.origin}${location.pathname}#${fragment}`)
    return toast({ text: words.copied, detail: words.copiedHint })
  }
  return (
    <Button small look="ghost" onClick={() => void copy()}>
      <Link2 size={14} aria-hidden />
      {words.ask}
    </Button>
  )
}

/** Takes the draft of the address, if there is one: at once, or after asking if it would replace another. */
export function ReceivedDraft({ draft, flagKey }: { draft: FlagDraft; flagKey: string }) {
  const fragment = useRouterState({ select: ({ location: { hash } }) => hash })
  const navigate = useNavigate()
  const [received, setReceived] = useState<Edit>()
  const [isTaken, setIsTaken] = useState(false)
  useEffect(() => {
    if (!isDraftFragment(fragment)) return
    void fromFragment(fragment, flagKey).then((edit) => {
      void navigate({ to: '.', hash: '', replace: true })
      if (edit) setReceived(edit)
      else toast({ text: words.broken, detail: words.brokenHint, tone: 'failed' })
    })
  }, [fragment, flagKey, navigate])
  const take = (edit: Edit) => {
    draft.rebase(edit.draft, edit.base)
    setReceived(undefined)
    setIsTaken(true)
  }
  const isInTheWay = draft.isChanged && received !== undefined && !isSame(draft.edit.draft, received.draft)
  useEffect(() => {
    if (received && !isInTheWay) take(received)
  })
  if (received && isInTheWay)
    return (
      <Dialog
        title={words.replaceTitle}
        onClose={() => setReceived(undefined)}
        onSubmit={() => take(received)}
        actions={
          <Button look="primary" type="submit">
            {words.replace}
          </Button>
        }
      >
        <p>{words.replaceHint}</p>
      </Dialog>
    )
  return isTaken && draft.isChanged ? <Note tone="info">{words.received}</Note> : null
}
