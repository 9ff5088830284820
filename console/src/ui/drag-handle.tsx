// The handle by which an element of a list is moved: dragged by mouse, pen or finger, or by the arrow keys. The
// list itself moves while it is dragged, so there is no picture of the element, and nothing to drop it on.
import { GripVertical } from 'lucide-react'
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react'
import { placeAt } from './place-at.ts'
import css from './drag-handle.module.css'

interface DragHandleProps {
  readonly label: string
  /** Of the element in its list, from 0. The handle must be inside the element, which is a child of the list. */
  readonly place: number
  readonly count: number
  /** Said to screen readers when the element was moved. */
  readonly placed: string
  readonly onMove: (to: number) => void
}

export function DragHandle({ label, place, count, placed, onMove }: DragHandleProps) {
  const handle = useRef<HTMLButtonElement>(null)
  const latest = useRef({ place, onMove })
  latest.current = { place, onMove }
  const [isDragged, setIsDragged] = useState(false)
  const [hasMoved, setHasMoved] = useState(false)
  const end = useRef<() => void>(undefined)
  useEffect(() => () => end.current?.(), [])
  // the browser takes the focus from an element that changes its place in the document
  useEffect(() => {
    if (hasMoved) handle.current?.focus()
  }, [place, hasMoved])

  const moveTo = (to: number) => {
    if (to === latest.current.place || to < 0 || to >= count) return
    setHasMoved(true)
    latest.current.onMove(to)
  }

  const drag = (event: PointerEvent<HTMLButtonElement>) => {
    const item = event.currentTarget.closest('li')
    if (event.button !== 0 || !item?.parentElement) return
    const start = place
    const list = item.parentElement
    const { signal, abort } = newSignal()
    const over = (at: globalThis.PointerEvent) => {
      const others = [...list.children].filter((each) => each !== item)
      moveTo(
        placeAt(
          at.clientY,
          others.map((each) => each.getBoundingClientRect()),
        ),
      )
      item.scrollIntoView({ block: 'nearest' })
    }
    const stop = () => {
      abort()
      setIsDragged(false)
    }
    const key = (pressed: globalThis.KeyboardEvent) => {
      if (pressed.key !== 'Escape') return
      pressed.preventDefault()
      moveTo(start)
      stop()
    }
    // on the window: an element that moves in the document loses its hold of the pointer
    window.addEventListener('pointermove', over, { signal })
    window.addEventListener('pointerup', stop, { signal })
    window.addEventListener('pointercancel', stop, { signal })
    window.addEventListener('keydown', key, { signal })
    end.current = abort
    setIsDragged(true)
  }

  const press = (event: KeyboardEvent) => {
    const to = { ArrowUp: place - 1, ArrowDown: place + 1, Home: 0, End: count - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    moveTo(to)
  }

  return (
    <>
      <button
        ref={handle}
        type="button"
        className={css['handle']}
        data-dragged={isDragged || undefined}
        aria-label={label}
        title={label}
        onPointerDown={drag}
        onKeyDown={press}
      >
        <GripVertical size={14} aria-hidden />
      </button>
      <span className={css['said']} aria-live="polite">
        {hasMoved && placed}
      </span>
    </>
  )
}

function newSignal() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
