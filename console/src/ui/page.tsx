// The parts that pages are laid out with, and notes.
import { ChevronLeft, CircleCheck, Info, Lock, OctagonAlert, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { ago, moment, utcMoment } from '../messages/catalogue.ts'
import { join } from './join.ts'
import css from './ui.module.css'

interface PageProps {
  readonly title: ReactNode
  readonly lead?: ReactNode
  /** The link to the list that this page belongs to. */
  readonly back?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export const Page = ({ title, lead, back, actions, children }: PageProps) => (
  <div className={css['page']}>
    <header className={css['head']}>
      <div>
        {back && (
          <span className={css['back']}>
            <ChevronLeft size={13} aria-hidden />
            {back}
          </span>
        )}
        <h1>{title}</h1>
        {lead && <p>{lead}</p>}
      </div>
      {actions && <div className={css['actions']}>{actions}</div>}
    </header>
    {children}
  </div>
)

interface SectionProps {
  readonly title: string
  readonly hint?: string
  readonly children?: ReactNode
}

/** The head of a section; `children` are its buttons. */
export const Section = ({ title, hint, children }: SectionProps) => (
  <div className={css['section']}>
    <h2>{title}</h2>
    {hint && <small>{hint}</small>}
    {children && <div>{children}</div>}
  </div>
)

const tones = {
  info: Info,
  warning: TriangleAlert,
  failed: OctagonAlert,
  healthy: CircleCheck,
  production: Lock,
}

interface NoteProps {
  readonly tone: keyof typeof tones
  /** Whether screen readers announce it at once. */
  readonly alert?: boolean
  readonly children: ReactNode
}

export function Note({ tone, alert, children }: NoteProps) {
  const Icon = tones[tone]
  return (
    <div className={join(css['note'], css[`note-${tone}`])} {...(alert && { role: 'alert' })}>
      <Icon size={16} aria-hidden />
      <div>{children}</div>
    </div>
  )
}

/** How long ago, with the time in the viewer's zone and in UTC on hover. By epoch milliseconds. */
export const Ago = ({ time }: { time: number }) => (
  <time dateTime={new Date(time).toISOString()} title={`${moment(time)}\n${utcMoment(time)}`}>
    {ago(time, Date.now())}
  </time>
)

/** In the viewer's zone, with UTC on hover. */
export const Moment = ({ time }: { time: number }) => (
  <time dateTime={new Date(time).toISOString()} title={utcMoment(time)}>
    {moment(time)}
  </time>
)
