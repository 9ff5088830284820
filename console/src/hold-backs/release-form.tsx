// Holds nobody back from one rule any more; the holdout goes on with the others.
import { useState } from 'react'
import type { Holdout } from '../../../core/model/holdout.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { Stale } from '../change/stale.tsx'
import { holdBacks } from '../messages/hold-backs.ts'
import { moment } from '../messages/catalogue.ts'
import { SelectField } from '../ui/fields.tsx'

const { holdouts: words } = holdBacks

export function ReleaseForm({ holdout, onClose }: { holdout: Holdout; onClose: () => void }) {
  // as it was opened: another rule may have been released meanwhile
  const [{ id, held, version }, setOpened] = useState(holdout)
  const [isStale, setIsStale] = useState(false)
  const environment = useEnvironmentId()
  const [chosen, setChosen] = useState(held[0])
  // it may be gone from a newer version: then there is none
  const place = held.findIndex((each) => each.flagKey === chosen?.flagKey && each.ruleId === chosen.ruleId)
  const rule = held[place]
  return (
    <ChangeDialog
      title={words.release}
      verb={words.release}
      isReady={rule !== undefined}
      run={(comment) =>
        change<Holdout>('POST', `${pathOf(environment, 'holdouts', id)}/release`, {
          body: { flagKey: rule!.flagKey, ruleId: rule!.ruleId, version },
          comment,
        })
      }
      done={() => words.released(rule?.flagKey ?? '')}
      onStale={(current: Holdout) => {
        setOpened(current)
        setIsStale(true)
      }}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          {isStale && <Stale />}
          <p>{words.releaseHint}</p>
          <SelectField
            label={words.heldRule}
            problem={problemOf('ruleId')}
            value={place}
            onChange={(event) => setChosen(held[Number(event.target.value)])}
          >
            {!rule && <option value={-1} />}
            {held.map(({ flagKey, ruleId, since }, i) => (
              <option key={`${flagKey} ${ruleId}`} value={i}>
                {words.heldSince(flagKey, moment(since))}
              </option>
            ))}
          </SelectField>
        </>
      )}
    </ChangeDialog>
  )
}
