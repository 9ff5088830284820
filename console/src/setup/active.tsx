// Whether a key or token is valid, and what a new one is shown by.
import { setup } from '../messages/setup.ts'
import { Status } from '../ui/marks.tsx'

/** A secret that is shown once. */
export interface Shown {
  readonly title: string
  readonly text: string
}

export const onlyActive = ({ disabled }: { readonly disabled: boolean }) => (
  <Status is={disabled ? 'stopped' : 'healthy'}>{disabled ? setup.disabled : setup.active}</Status>
)
