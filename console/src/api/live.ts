// Keeps what is shown up to date: asks the admin API to answer as soon as a newer revision is published, and
// then reads again what the page shows. A tab in the background does not ask.
import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { isSessionOver, onSessionOver } from '../session.ts'
import { ask, pathOf, Refused } from './client.ts'

export interface Published {
  readonly revision: number
  readonly unpublished?: { readonly revision: number; readonly since: number; readonly attempts: number }
}

/** Waits up to ten seconds for the revision. */
export const waitForPublished = (environment: string, revision: number, signal?: AbortSignal) =>
  ask<Published>('GET', pathOf(environment, 'published'), { query: { revision }, ...(signal && { signal }) })

export interface Live {
  /** The newest revision that edge can read; undefined until it is known. */
  readonly published: Published | undefined
  readonly isConnected: boolean
}

const pauseMs = 3_000

export function useLive(environment: string): Live {
  const queries = useQueryClient()
  const [live, setLive] = useState<Live>({ published: undefined, isConnected: true })
  const isOver = useSyncExternalStore(onSessionOver, isSessionOver)
  useEffect(() => {
    if (isOver) return
    const stop = new AbortController()
    setLive({ published: undefined, isConnected: true })
    void follow(environment, queries, setLive, stop.signal)
    return () => stop.abort()
  }, [environment, queries, isOver])
  return live
}

async function follow(
  environment: string,
  queries: QueryClient,
  tell: (live: Live) => void,
  signal: AbortSignal,
): Promise<void> {
  let last: Published | undefined
  while (!signal.aborted) {
    try {
      const published = await waitForPublished(environment, (last?.revision ?? 0) + 1, signal)
      if (last && published.revision > last.revision)
        void queries.invalidateQueries({ queryKey: [environment] })
      last = published
      tell({ published, isConnected: true })
      if (document.hidden) await shown(signal)
    } catch (error) {
      if (signal.aborted) return
      // what is refused stays refused: the page says why
      if (error instanceof Refused && error.code !== 'UNREACHABLE') return
      tell({ published: last, isConnected: false })
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

/** Waits until the tab is in the foreground. */
const shown = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const check = () => {
      if (document.hidden && !signal.aborted) return
      document.removeEventListener('visibilitychange', check)
      resolve()
    }
    document.addEventListener('visibilitychange', check)
    signal.addEventListener('abort', check)
  })
