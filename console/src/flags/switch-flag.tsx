// Turns a flag on or off: at once where that is safe, with a way back; after a comment where one is needed.
import { useQueryClient } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import type { FlagRows } from '../../../workers/control/api/flag-answers.ts'
import { change, type ChangeOptions, pathOf, Refused } from '../api/client.ts'
import { useEnvironmentId, useNeedsComment } from '../api/place.ts'
import { flagQuery, flagRowsQuery } from '../api/queries.ts'
import { announce } from '../change/announce.ts'
import { staleOf } from '../change/stale-of.ts'
import { flags as words } from '../messages/flags.ts'
import { sentence } from '../ui/states.tsx'
import { toast } from '../ui/toasts.tsx'
import { Turns } from './turns.ts'

const loadConfirmation = () => import('../change/confirm-change.tsx')
const ConfirmChange = lazy(async () => ({ default: (await loadConfirmation()).ConfirmChange }))

type Switched = Pick<Flag, 'key' | 'name' | 'enabled' | 'version'>

export interface FlagSwitch {
  readonly flip: (flag: Switched) => void
  /** The dialog while a comment is asked for. */
  readonly dialog: ReactNode
}

export function useFlagSwitch(): FlagSwitch {
  const environment = useEnvironmentId()
  const queries = useQueryClient()
  const { needsComment } = useNeedsComment()
  /** With the environment in which it was pressed: the page may show another one by now. */
  const [pressed, setPressed] = useState<{ readonly flag: Switched; readonly environment: string }>()
  const asked = pressed?.environment === environment ? pressed.flag : undefined
  const [turns] = useState(() => new Turns())
  // it is there before it is needed: in an emergency nobody waits for a script
  useEffect(() => void (needsComment && loadConfirmation()), [needsComment])

  const store = useCallback(
    (flag: Switched, enabled: boolean, stored?: Flag) => {
      queries.setQueryData<FlagRows>(
        flagRowsQuery(environment).queryKey,
        (was) =>
          was && {
            ...was,
            flags: was.flags.map((row) =>
              row.key === flag.key ? { ...row, enabled, version: flag.version } : row,
            ),
          },
      )
      queries.setQueryData<Flag>(
        flagQuery(environment, flag.key).queryKey,
        (was) => was && { ...(stored ?? was), enabled },
      )
    },
    [environment, queries],
  )

  const send = useCallback(
    async ({ key, enabled, version }: Switched, options: ChangeOptions = {}) => {
      const path = pathOf(environment, 'flags', key)
      const answer = await change<Flag>('PATCH', path, { version, body: { enabled: !enabled }, ...options })
      store(answer.entity, answer.entity.enabled, answer.entity)
      return answer
    },
    [environment, store],
  )

  const flip = useCallback(
    async function flip(flag: Switched): Promise<void> {
      const ask = () => setPressed({ flag, environment })
      if (needsComment) return ask()
      const enabled = !flag.enabled
      const name = flag.name || flag.key
      store(flag, enabled)
      const sentAt = performance.now()
      try {
        const place = pathOf(environment, 'flags', flag.key)
        const answer = await turns.take(place, flag.version, (version) => send({ ...flag, version }))
        const text = enabled ? words.isOn(name) : words.isOff(name)
        const undo = () => void flip(answer.entity)
        await announce({ environment, text, answer, sentAt, undo })
      } catch (error) {
        store(flag, flag.enabled)
        if (!(error instanceof Refused)) throw error
        if (error.code === 'EXPERIMENT_RUNNING' || error.code === 'INVALID') return ask()
        const detail = staleOf(error) ? words.meanwhile : sentence(error.message)
        toast({ text: words.notChanged, detail, tone: 'failed' })
        void queries.invalidateQueries({ queryKey: [environment] })
      }
    },
    [environment, needsComment, queries, send, store, turns],
  )

  const name = asked && (asked.name || asked.key)
  const dialog = asked && name && (
    <Suspense>
      <ConfirmChange
        title={asked.enabled ? words.turnOff(name) : words.turnOn(name)}
        verb={asked.enabled ? words.turnOffVerb : words.turnOnVerb}
        done={asked.enabled ? words.isOff(name) : words.isOn(name)}
        version={asked.version}
        run={(options) => send(asked, options)}
        onClose={() => setPressed(undefined)}
      />
    </Suspense>
  )
  return { flip: useCallback((flag: Switched) => void flip(flag), [flip]), dialog }
}
