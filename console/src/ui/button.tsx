// Buttons and the switch. One primary button a page; a verb and its object on each.
import type { ButtonHTMLAttributes } from 'react'
import { join } from './join.ts'
import css from './ui.module.css'

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'primary' | 'plain' | 'ghost' | 'production' | 'danger'
  readonly small?: boolean
  /** A square for an icon alone; it needs an `aria-label`. */
  readonly icon?: boolean
}

export const Button = ({ look = 'plain', small, icon, className, ...rest }: ButtonProps) => (
  <button
    type="button"
    {...rest}
    className={join(css['button'], css[look], small && css['small'], icon && css['icon'], className)}
  />
)

interface SwitchProps {
  readonly on: boolean
  readonly label: string
  readonly disabled?: boolean
  readonly onChange: (on: boolean) => void
}

export const Switch = ({ on, label, disabled, onChange }: SwitchProps) => (
  <button
    type="button"
    role="switch"
    aria-checked={on}
    aria-label={label}
    disabled={disabled}
    className={css['switch']}
    onClick={() => onChange(!on)}
  />
)
