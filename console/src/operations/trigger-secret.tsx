// The secrets of a trigger, which are shown once.
import { operationForms as form } from '../messages/operation-forms.ts'
import { Dialog } from '../ui/dialog.tsx'
import { CodeBlock } from '../ui/report.tsx'
import { Words } from '../ui/words.tsx'

export interface MadeTrigger {
  readonly url: string
  readonly signingSecret: string
}

export const TriggerSecret = ({ made, onClose }: { made: MadeTrigger; onClose: () => void }) => (
  <Dialog title={form.secretTitle} onClose={onClose} wide once>
    <p>
      <Words text={form.secretHint} />
    </p>
    <CodeBlock text={made.url} label={form.secretTitle} />
    {made.signingSecret && <CodeBlock text={made.signingSecret} label="HMAC" />}
  </Dialog>
)
