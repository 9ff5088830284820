// Turns a flag on or off: at once where that is safe, with a way back; after a comment where one is needed.
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useCallback, useRef, useState } from 'react'
import type { Flag } from '../../../core/model/flag.ts'
import type { FlagRows } from '../../../workers/control/api/flag-answers.ts'
import { change, type ChangeOptions, pathOf, Refused } from '../api/client.ts'
import { useEnvironmentId, useNeedsComment } from '../api/place.ts'
import { flagQuery, flagRowsQuery } from '../api/queries.ts'
import { announce } from '../change/announce.ts'
import { ConfirmChange } from '../change/confirm-change.tsx'
import { staleOf } from '../change/stale-of.ts'
import { flags as words } from '../messages/flags.ts'
import { sentence } from '../ui/states.tsx'
import { toast } from '../ui/toasts.tsx'

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
  const [asked, setAsked] = useState<Switched>()
  /** By key: the version that the last switch made, once it is known. A second click does not wait for it. */
  const made = useRef(new Map<string, Promise<number>>())

  const store = useCallback(
    (flag: Switched, enabled: boolean) => {
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
        (was) => was && { ...was, enabled },
      )
    },
    [environment, queries],
  )

  const send = useCallback(
    async ({ key, enabled, version }: Switched, options: ChangeOptions = {}) => {
      const path = pathOf(environment, 'flags', key)
      const answer = await change<Flag>('PATCH', path, { version, body: { enabled: !enabled }, ...options })
      store(answer.entity, answer.entity.enabled)
      return answer
    },
    [environment, store],
  )

  const flip = useCallback(
    async function flip(flag: Switched): Promise<void> {
      if (needsComment) return setAsked(flag)
      const enabled = !flag.enabled
      const name = flag.name || flag.key
      store(flag, enabled)
      const sentAt = performance.now()
      const before = made.current.get(flag.key)
      const sending = (async () => {
        const version = Math.max(flag.version, (await before) ?? 0)
        return send({ ...flag, version })
      })()
      made.current.set(
        flag.key,
        sending.then(
          (answer) => answer.entity.version,
          () => 0,
        ),
      )
      try {
        const answer = await sending
        const text = enabled ? words.isOn(name) : words.isOff(name)
        const undo = () => void flip(answer.entity)
        await announce({ environment, text, answer, sentAt, undo })
      } catch (error) {
        store(flag, flag.enabled)
        if (!(error instanceof Refused)) throw error
        if (error.code === 'EXPERIMENT_RUNNING' || error.code === 'INVALID') return setAsked(flag)
        const detail = staleOf(error) ? words.meanwhile : sentence(error.message)
        toast({ text: words.notChanged, detail, tone: 'failed' })
        void queries.invalidateQueries({ queryKey: [environment] })
      }
    },
    [environment, needsComment, queries, send, store],
  )

  const name = asked && (asked.name || asked.key)
  const dialog = asked && name && (
    <ConfirmChange
      title={asked.enabled ? words.turnOff(name) : words.turnOn(name)}
      verb={asked.enabled ? words.turnOffVerb : words.turnOnVerb}
      done={asked.enabled ? words.isOff(name) : words.isOn(name)}
      version={asked.version}
      run={(options) => send(asked, options)}
      onClose={() => setAsked(undefined)}
    />
  )
  return { flip: useCallback((flag: Switched) => void flip(flag), [flip]), dialog }
}
