// Gives a rollout of a flag a part of a layer.
import { useState } from 'react'
import type { Layer } from '../../../core/model/layer.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { Stale } from '../change/stale.tsx'
import { holdBacks } from '../messages/hold-backs.ts'
import { FlagField, useFlagRow, VariationOptions } from '../operations/flag-field.tsx'
import { SelectField, TextField } from '../ui/fields.tsx'
import { RuleField } from './rule-field.tsx'
import { slicesOf } from './share.ts'

const { layers: words } = holdBacks
/** Choices that are no variation. */
const baseline = ''
const nothing = ' '

export function AllotForm({ layer, onClose }: { layer: Layer; onClose: () => void }) {
  const environment = useEnvironmentId()
  const [{ id, version }, setOpened] = useState(layer)
  const [isStale, setIsStale] = useState(false)
  const [fields, setFields] = useState({ flagKey: '', ruleId: '', share: '25', outside: baseline })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { flagKey, ruleId, share, outside } = fields
  const flag = useFlagRow(flagKey)
  const slices = slicesOf(share)
  const body = () => ({
    flagKey,
    ...(ruleId && { ruleId }),
    slices,
    version,
    ...(outside !== baseline && { outsideVariationId: outside === nothing ? null : outside }),
  })
  return (
    <ChangeDialog
      title={words.allot}
      verb={words.allot}
      isReady={flagKey !== '' && slices !== undefined}
      run={(comment) =>
        change<Layer>('POST', `${pathOf(environment, 'layers', id)}/allot`, { body: body(), comment })
      }
      done={() => words.allotted(flag?.name || flagKey)}
      onStale={(current: Layer) => {
        setOpened(current)
        setIsStale(true)
      }}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          {isStale && <Stale />}
          <FlagField
            value={flagKey}
            problem={problemOf('flagKey')}
            onChange={({ key }) => set({ flagKey: key, ruleId: '', outside: baseline })}
          />
          {flag && (
            <RuleField
              flagKey={flagKey}
              value={ruleId}
              problem={problemOf('ruleId')}
              onChange={(next) => set({ ruleId: next })}
            />
          )}
          <TextField
            label={words.share}
            hint={words.shareHint}
            inputMode="decimal"
            problem={problemOf('slices')}
            value={share}
            onChange={(event) => set({ share: event.target.value })}
          />
          {flag && (
            <SelectField
              label={words.outside}
              hint={words.outsideHint}
              problem={problemOf('outsideVariationId')}
              value={outside}
              onChange={(event) => set({ outside: event.target.value })}
            >
              <option value={baseline}>{words.baseline}</option>
              <VariationOptions flag={flag} />
              <option value={nothing}>{words.nothing}</option>
            </SelectField>
          )}
        </>
      )}
    </ChangeDialog>
  )
}
