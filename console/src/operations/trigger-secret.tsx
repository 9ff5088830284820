// The secrets of a trigger, which are shown once.
import { operations as words } from '../messages/operations.ts'
import { Dialog } from '../ui/dialog.tsx'
import { CodeBlock } from '../ui/report.tsx'
import { Words } from '../ui/words.tsx'

export interface MadeTrigger {
  readonly url: string
  readonly signingSecret: string
}

export const TriggerSecret = ({ made, onClose }: { made: MadeTrigger; onClose: () => void }) => (
  <Dialog title={words.form.secretTitle} onClose={onClose} wide>
    <p>
      <Words text={words.form.secretHint} />
    </p>
    <CodeBlock text={made.url} label={words.form.secretTitle} />
    {made.signingSecret && <CodeBlock text={made.signingSecret} label="HMAC" />}
  </Dialog>
)
