// The action that deletes a row: of the version that was shown. If somebody else has changed it since, the
// dialogue says so, and asks once more.
import { change } from '../api/client.ts'
import { common } from '../messages/common.ts'
import type { AskedAction } from './row-actions.tsx'

interface Removed extends Partial<Omit<AskedAction, 'run' | 'version'>> {
  /** Of the API. */
  readonly path: string
  readonly version: number
  /** In the notice. */
  readonly shown: string
}

export const removeAction = ({ path, version, shown, ...more }: Removed): AskedAction => ({
  text: common.remove,
  done: common.removed(shown),
  isDestructive: true,
  version,
  run: (asked) => change('DELETE', path, asked),
  ...more,
})
