// What a page shows before, instead of and besides its content: loading, empty, refused, unreachable.
import { Inbox, OctagonAlert, PlugZap } from 'lucide-react'
import type { ReactNode } from 'react'
import { Refused } from '../api/client.ts'
import { common } from '../messages/common.ts'
import { Button } from './button.tsx'
import css from './states.module.css'

/** Grey lines in the place of rows. */
export const Loading = ({ lines = 5 }: { lines?: number }) => (
  <div className={css['loading']} role="status" aria-label={common.loading}>
    {Array.from({ length: lines }, (_, line) => (
      <i key={line} />
    ))}
  </div>
)

interface EmptyProps {
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
}

/** Nothing is there: says so, and how that changes. */
export const Empty = ({ title, children, action }: EmptyProps) => (
  <div className={css['empty']}>
    <Inbox size={22} aria-hidden />
    <h2>{title}</h2>
    {children && <p>{children}</p>}
    {action}
  </div>
)

/** Instead of what could not be read. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const isMissing = error instanceof Refused && error.code === 'NOT_FOUND'
  const isUnreachable = error instanceof Refused && error.code === 'UNREACHABLE'
  const Icon = isUnreachable ? PlugZap : OctagonAlert
  return (
    <div className={css['empty']} role="alert">
      <Icon size={22} aria-hidden />
      <h2>{isMissing ? common.noSuchPage : common.notLoaded}</h2>
      <p>{error instanceof Error ? `${sentence(error.message)}` : String(error)}</p>
      {isMissing && <p>{common.noSuchPageHint}</p>}
      {retry && !isMissing && <Button onClick={retry}>{common.tryAgain}</Button>}
    </div>
  )
}

/** With a capital and a full stop: refusals of the API are written without. */
export const sentence = (text: string): string =>
  text && `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`

/** A refused change: the sentence, each field, and what depends on it. */
export function Refusal({ error }: { error: unknown }) {
  if (!(error instanceof Error)) return null
  const { errors = [], dependents = [] } = error instanceof Refused ? error.problem : {}
  return (
    <div className={css['refusal']} role="alert">
      <OctagonAlert size={16} aria-hidden />
      <div>
        {errors.length === 0 && <p>{sentence(error.message)}</p>}
        {errors.length > 0 && (
          <ul>
            {errors.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                {path && <code>{path}</code>} {message}
              </li>
            ))}
          </ul>
        )}
        {dependents.length > 0 && (
          <>
            <p>{common.dependents}</p>
            <ul>
              {dependents.map(({ kind, id }) => (
                <li key={`${kind} ${id}`}>
                  {kind} <code>{id}</code>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </div>
  )
}

interface LoadedProps<T> {
  readonly query: { readonly data: T | undefined; readonly error: unknown; readonly refetch: () => unknown }
  readonly children: (data: T) => ReactNode
  readonly lines?: number
}

/** The content once it is there. What was read stays when a refresh fails. */
export function Loaded<T>({ query: { data, error, refetch }, children, lines }: LoadedProps<T>) {
  if (data !== undefined) return <>{children(data)}</>
  if (error) return <Failed error={error} retry={() => void refetch()} />
  return <Loading {...(lines !== undefined && { lines })} />
}
