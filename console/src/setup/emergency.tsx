// What is turned on for a while: SDKs that report about themselves, and panic mode.
import { useState } from 'react'
import type * as z from 'zod'
import type { StoredSettings } from '../../../core/model/settings.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { ConfirmChange } from '../change/confirm-change.tsx'
import { moment, percent } from '../messages/catalogue.ts'
import { common } from '../messages/common.ts'
import { settings as words } from '../messages/settings.ts'
import { Button } from '../ui/button.tsx'
import { Note, Section } from '../ui/page.tsx'
import css from './settings.module.css'

const hourMs = 3_600_000

export function Emergency({ settings }: { settings: z.infer<typeof StoredSettings> }) {
  const { panic, troubleshooting, version } = settings
  const environment = useEnvironmentId()
  const path = pathOf(environment, 'settings')
  const canEdit = useMay('editor')
  const [asked, setAsked] = useState<'panic' | 'troubleshooting'>()
  const close = () => setAsked(undefined)
  const now = Date.now()
  const isAsking = troubleshooting !== undefined && troubleshooting.stopAt > now
  const locked = canEdit ? {} : { disabled: true, title: common.needsRole(common.roleEditor) }
  const patch = (body: object) => (comment: string) => change('PATCH', path, { version, body, comment })
  const troubleshoot = isAsking ? words.stopTroubleshooting : words.startTroubleshooting
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
          <Button {...locked} onClick={() => setAsked('troubleshooting')}>
            {troubleshoot}…
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
          <Button {...locked} onClick={() => setAsked('panic')}>
            {panic ? words.panicOff : words.panicOn}…
          </Button>
        </div>
      </section>
      {asked === 'troubleshooting' && (
        <ConfirmChange
          title={troubleshoot}
          verb={troubleshoot}
          done={isAsking ? words.troubleshootingStopped : words.troubleshootingStarted}
          run={({ comment }) => {
            const startAt = Date.now()
            const hour = { startAt, stopAt: startAt + hourMs, percentage: 100 }
            return patch({ troubleshooting: isAsking ? null : hour })(comment)
          }}
          onClose={close}
        >
          <p>{words.troubleshootingHint}</p>
        </ConfirmChange>
      )}
      {asked === 'panic' && (
        <ConfirmChange
          title={panic ? words.panicOff : words.panicOn}
          verb={panic ? words.panicOff : words.panicOn}
          done={panic ? words.panicOffDone : words.panicOnDone}
          {...(!panic && { isDestructive: true, typedName: environment })}
          run={({ comment }) => patch({ panic: !panic })(comment)}
          onClose={close}
        >
          <p>{words.panicHint}</p>
        </ConfirmChange>
      )}
    </>
  )
}
