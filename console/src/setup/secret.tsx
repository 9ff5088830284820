// A secret that is shown once, with a button that copies it.
import { setup as words } from '../messages/setup.ts'
import { Dialog } from '../ui/dialog.tsx'
import { CodeBlock } from '../ui/report.tsx'

interface SecretProps {
  readonly title: string
  readonly text: string
  readonly onClose: () => void
}

export const Secret = ({ title, text, onClose }: SecretProps) => (
  <Dialog title={title} onClose={onClose} wide once>
    <p>{words.once}</p>
    <CodeBlock text={text} label={title} />
  </Dialog>
)
