// Marks of state and of variations. Status is round and has a word; a variation is square and has a name.
import {
  CircleCheck,
  CircleDashed,
  CirclePlay,
  CircleStop,
  OctagonAlert,
  TriangleAlert,
  type LucideIcon,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { percent } from '../messages/catalogue.ts'
import { join } from './join.ts'
import type { State } from './state.ts'
import css from './ui.module.css'

const marks: Record<State, LucideIcon> = {
  running: CirclePlay,
  healthy: CircleCheck,
  warning: TriangleAlert,
  failed: OctagonAlert,
  planned: CircleDashed,
  stopped: CircleStop,
}

/** `long`: a sentence, which may take several lines. */
export function Status({ is, long, children }: { is: State; long?: boolean; children: ReactNode }) {
  const Mark = marks[is]
  const isQuiet = is === 'planned' || is === 'stopped'
  return (
    <span className={join(css['status'], long && css['long'], isQuiet ? css['quiet'] : css[is])}>
      <Mark size={14} aria-hidden />
      {children}
    </span>
  )
}

export const Tag = ({ children }: { children: ReactNode }) => <span className={css['tag']}>{children}</span>
export const Chip = ({ children }: { children: ReactNode }) => <span className={css['chip']}>{children}</span>

const coloursMax = 7
/** The class of a variation's colour: 0 is grey, for what is served when off. -1 is no variation. */
export const fill = (colour: number): string =>
  (colour < 0 ? css['nobody'] : css[`v${colour % coloursMax}`]) ?? ''

export const Variation = ({ name, colour }: { name: string; colour: number }) => (
  <span className={css['variation']}>
    <i className={join(css['square'], fill(colour))} />
    <span className={css['clip']}>{name}</span>
  </span>
)

/** `share` is in [0, 1]; what is left to 1 gets no variation. */
export interface NamedShare {
  readonly name: string
  readonly colour: number
  readonly share: number
}

interface SplitBarProps {
  readonly shares: readonly NamedShare[]
  readonly thick?: boolean
  readonly muted?: boolean
}

export const SplitBar = ({ shares, thick, muted }: SplitBarProps) => (
  <span
    className={join(css['split'], thick && css['thick'], muted && css['muted'])}
    role="img"
    aria-label={shares.map(({ name, share }) => `${name} ${percent(share)}`).join(', ')}
  >
    {shares
      .filter(({ share }) => share > 0)
      .map(({ name, colour, share }) => (
        <i key={name} className={fill(colour)} style={{ flexGrow: share * 100 }} />
      ))}
  </span>
)
