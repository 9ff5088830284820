// Whether a result can be believed: its checks side by side, before the figures.
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { results as words } from '../messages/results.ts'
import { Status } from '../ui/marks.tsx'
import type { State } from '../ui/state.ts'
import css from './detail.module.css'

const marks: Record<string, State> = {
  passed: 'healthy',
  failed: 'failed',
  warning: 'warning',
  'too-early': 'planned',
  skipped: 'planned',
}
export const checkMark = (status: string): State => marks[status] ?? 'planned'

const names: Readonly<Record<string, string>> = words.health

/** Checks that do not apply are left to the diagnostics. */
export const HealthStrip = ({ health }: Pick<StoredResult, 'health'>) => (
  <ul className={css['health']}>
    {health.checks
      .filter(({ status }) => status !== 'skipped')
      .map(({ name, status }) => (
        <li key={name}>
          <Status is={checkMark(status)}>{names[name] ?? name.replaceAll('-', ' ')}</Status>
          {status !== 'passed' && <small>{names[status] ?? status}</small>}
        </li>
      ))}
  </ul>
)
