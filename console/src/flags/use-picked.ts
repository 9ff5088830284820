// Which flags of the list are selected, by key: one by one, a stretch with the shift key, or all that are
// shown.
import { useCallback, useMemo, useRef, useState } from 'react'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'

export interface Picked {
  /** Only flags that are shown: what a filter hides is not selected. */
  readonly picked: ReadonlySet<string>
  readonly pick: (index: number, through: boolean) => void
  readonly pickAll: (isOn: boolean) => void
  readonly unpick: () => void
}

export function usePicked(rows: readonly FlagRow[]): Picked {
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set())
  const last = useRef(0)
  const shown = useRef(rows)
  shown.current = rows
  const picked = useMemo(
    () => (keys.size === 0 ? keys : new Set(rows.map(({ key }) => key).filter((key) => keys.has(key)))),
    [keys, rows],
  )
  const pick = useCallback((index: number, through: boolean) => {
    const from = through ? Math.min(last.current, index) : index
    const to = through ? Math.max(last.current, index) : index
    const stretch = shown.current.slice(from, to + 1).map(({ key }) => key)
    last.current = index
    setKeys((was) => {
      const isOn = !was.has(shown.current[index]!.key)
      const next = new Set(was)
      for (const key of stretch)
        if (isOn) next.add(key)
        else next.delete(key)
      return next
    })
  }, [])
  const pickAll = (isOn: boolean) => setKeys(new Set(isOn ? rows.map(({ key }) => key) : []))
  return { picked, pick, pickAll, unpick: () => setKeys(new Set()) }
}
