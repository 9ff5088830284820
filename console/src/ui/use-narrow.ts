// Whether the window is as narrow as a phone, as the style sheets see it.
import { useSyncExternalStore } from 'react'

const query = matchMedia('(max-width: 720px)')
const subscribe = (listener: () => void) => {
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}

export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => query.matches)
