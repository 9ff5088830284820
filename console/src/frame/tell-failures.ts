// Nothing fails in silence: a refusal that no form or page shows is told in a notice, such as that of a download
// or of a change that is taken back.
import { Refused } from '../api/client.ts'
import { common } from '../messages/common.ts'
import { sentence } from '../ui/states.tsx'
import { toast } from '../ui/toasts.tsx'

export const tellFailures = (): void =>
  addEventListener('unhandledrejection', (event) => {
    if (!(event.reason instanceof Refused)) return
    event.preventDefault()
    toast({ text: common.notDone, detail: sentence(event.reason.message), tone: 'failed' })
  })
