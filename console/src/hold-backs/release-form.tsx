// Holds nobody back from one rule any more; the holdout goes on with the others.
import { useState } from 'react'
import type { Holdout } from '../../../core/model/holdout.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { holdBacks } from '../messages/hold-backs.ts'
import { moment } from '../messages/catalogue.ts'
import { SelectField } from '../ui/fields.tsx'

const { holdouts: words } = holdBacks

export function ReleaseForm({ holdout, onClose }: { holdout: Holdout; onClose: () => void }) {
  // as it was opened: another rule may have been released meanwhile
  const [{ id, held, version }] = useState(holdout)
  const environment = useEnvironmentId()
  const [place, setPlace] = useState(0)
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
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <p>{words.releaseHint}</p>
          <SelectField
            label={words.heldRule}
            problem={problemOf('ruleId')}
            value={place}
            onChange={(event) => setPlace(Number(event.target.value))}
          >
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
