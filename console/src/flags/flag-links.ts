// Links to the pages of flags in a list of thousands: one handler for all of them, because a link of the
// router's own in each row takes longer than the rest of the row.
import { useNavigate, useRouter } from '@tanstack/react-router'
import { type MouseEvent, type SyntheticEvent, useMemo } from 'react'
import { toAddress } from './key-in-address.ts'

const to = '/environments/$environment/flags/$flag'

/** For `href`; beside it goes `data-flag` with the key. */
export const flagAddress = (environment: string, key: string): string =>
  `/environments/${environment}/flags/${encodeURIComponent(toAddress(key))}`

const flagAt = ({ target }: SyntheticEvent): string | undefined =>
  target instanceof Element ? target.closest<HTMLElement>('a[data-flag]')?.dataset['flag'] : undefined

/** What the element around the links listens to: goes there, and loads the page when somebody is about to. */
export function useFlagLinks(environment: string) {
  const navigate = useNavigate()
  const router = useRouter()
  return useMemo(() => {
    let before: string | undefined
    const preload = (event: SyntheticEvent) => {
      const flag = flagAt(event)
      if (flag === before) return
      before = flag
      if (flag !== undefined) void router.preloadRoute({ to, params: { environment, flag } })
    }
    const onClick = (event: MouseEvent) => {
      const flag = flagAt(event)
      // a new tab or window is the browser's
      if (flag === undefined || event.button !== 0) return
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      void navigate({ to, params: { environment, flag } })
    }
    return { onClick, onMouseOver: preload, onFocus: preload }
  }, [environment, navigate, router])
}
