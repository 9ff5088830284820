// What is turned on for a while: SDKs that report about themselves, and panic mode.
import { useState } from 'react'
import type * as z from 'zod'
import type { StoredSettings } from '../../../core/model/settings.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { type ChangeAsked, ConfirmChange } from '../change/confirm-change.tsx'
import { moment, percent } from '../messages/catalogue.ts'
import { common } from '../messages/common.ts'
import { settings as words } from '../messages/settings.ts'
import { Button } from '../ui/button.tsx'
import { Note, Section } from '../ui/page.tsx'
import css from './settings.module.css'

const hourMs = 3_600_000

const troubleshoot = (isOn: boolean) => (isOn ? words.stopTroubleshooting : words.startTroubleshooting)
const panicking = (isOn: boolean) => (isOn ? words.panicOff : words.panicOn)

export function Emergency({ settings }: { settings: z.infer<typeof StoredSettings> }) {
  const { panic, troubleshooting, version } = settings
  const environment = useEnvironmentId()
  const path = pathOf(environment, 'settings')
  const canEdit = useMay('editor')
  /** What is asked for, and whether it is on: a colleague may switch it meanwhile. */
  const [asked, setAsked] = useState<{ readonly of: 'panic' | 'troubleshooting'; readonly isOn: boolean }>()
  const close = () => setAsked(undefined)
  const now = Date.now()
  const isAsking = troubleshooting !== undefined && troubleshooting.stopAt > now
  const locked = canEdit ? {} : { disabled: true, title: common.needsRole(common.roleEditor) }
  const patch = (body: object, asked: ChangeAsked) => change('PATCH', path, { body, ...asked })
  return (
    <>
      <section>
        <Section title={words.troubleshooting} hint={words.troubleshootingHint} />
        <div className={css['row']}>
          <p>
            {isAsking
              ? words.troubleshootingOn(
                  percent(troubleshooting.percentage / 100),
                  moment(troubleshooting.stopAt),
                )
              : words.troubleshootingOff}
          </p>
          <Button {...locked} onClick={() => setAsked({ of: 'troubleshooting', isOn: isAsking })}>
            {troubleshoot(isAsking)}…
          </Button>
        </div>
      </section>
      <section>
        <Section title={words.emergency} />
        {panic && <Note tone="failed">{words.panicIsOn}</Note>}
        <div className={css['row']}>
          <p>
            <b>{words.panic}.</b> {words.panicHint}
          </p>
          <Button {...locked} onClick={() => setAsked({ of: 'panic', isOn: panic })}>
            {panicking(panic)}…
          </Button>
        </div>
      </section>
      {asked?.of === 'troubleshooting' && (
        <ConfirmChange
          title={troubleshoot(asked.isOn)}
          verb={troubleshoot(asked.isOn)}
          done={asked.isOn ? words.troubleshootingStopped : words.troubleshootingStarted}
          version={version}
          run={(options) => {
            const startAt = Date.now()
            const hour = { startAt, stopAt: startAt + hourMs, percentage: 100 }
            return patch({ troubleshooting: asked.isOn ? null : hour }, options)
          }}
          onClose={close}
        >
          <p>{words.troubleshootingHint}</p>
        </ConfirmChange>
      )}
      {asked?.of === 'panic' && (
        <ConfirmChange
          title={panicking(asked.isOn)}
          verb={panicking(asked.isOn)}
          done={asked.isOn ? words.panicOffDone : words.panicOnDone}
          {...(!asked.isOn && { isDestructive: true, typedName: environment })}
          version={version}
          run={(options) => patch({ panic: !asked.isOn }, options)}
          onClose={close}
        >
          <p>{words.panicHint}</p>
        </ConfirmChange>
      )}
    </>
  )
}
