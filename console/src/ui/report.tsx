// Parts of reports: facts in two columns, what is folded away, text to copy.
import { Check, ChevronRight, Copy } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { common } from '../messages/common.ts'
import { Button } from './button.tsx'
import css from './report.module.css'

export type Fact = readonly [name: string, value: ReactNode]

export const Facts = ({ facts, wide }: { facts: readonly (Fact | false)[]; wide?: boolean }) => (
  <dl className={css['facts']} data-wide={wide || undefined}>
    {facts
      .filter((fact) => fact !== false)
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
)

interface FoldProps {
  readonly title: string
  readonly hint?: ReactNode
  readonly open?: boolean
  readonly children: ReactNode
}

export const Fold = ({ title, hint, open, children }: FoldProps) => (
  <details className={css['fold']} open={open}>
    <summary>
      <ChevronRight size={14} aria-hidden />
      {title}
      {hint && <small>{hint}</small>}
    </summary>
    <div>{children}</div>
  </details>
)

export function CopyButton({ text, label = common.copy }: { text: string; label?: string }) {
  const [isCopied, setIsCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setIsCopied(true)
    setTimeout(() => setIsCopied(false), 2_000)
  }
  return (
    <Button small onClick={() => void copy()} className={css['copy']}>
      {isCopied ? <Check size={12} aria-hidden /> : <Copy size={12} aria-hidden />}
      {isCopied ? common.copied : label}
    </Button>
  )
}

/** Text in mono, with a button that copies it. */
export const CodeBlock = ({ text, label }: { text: string; label: string }) => (
  <div className={css['code']}>
    <pre tabIndex={0} role="region" aria-label={label}>
      {text}
    </pre>
    <CopyButton text={text} />
  </div>
)
