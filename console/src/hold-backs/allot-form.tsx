// Gives a rollout of a flag a part of a layer.
import { useState } from 'react'
import type { Layer } from '../../../core/model/layer.ts'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import { change, pathOf } from '../api/client.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { ChangeDialog } from '../change/change-dialog.tsx'
import { common } from '../messages/common.ts'
import { holdBacks } from '../messages/hold-backs.ts'
import { FlagField, VariationOptions } from '../operations/flag-field.tsx'
import { Button } from '../ui/button.tsx'
import { SelectField, TextField } from '../ui/fields.tsx'
import { RuleField } from './rule-field.tsx'
import { slicesOf } from './share.ts'

const { layers: words } = holdBacks
/** Choices that are no variation. */
const baseline = ''
const nothing = ' '

export function AllotButton({ layer }: { layer: Layer }) {
  const canEdit = useMay('editor')
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button
        small
        aria-label={`${words.allot}: ${layer.name || layer.id}`}
        disabled={!canEdit}
        {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
        onClick={() => setOpen(true)}
      >
        {words.allot}
      </Button>
      {isOpen && <AllotForm layer={layer} onClose={() => setOpen(false)} />}
    </>
  )
}

function AllotForm({ layer, onClose }: { layer: Layer; onClose: () => void }) {
  const environment = useEnvironmentId()
  const [flag, setFlag] = useState<FlagRow>()
  const [fields, setFields] = useState({ ruleId: '', share: '25', outside: baseline })
  const set = (next: Partial<typeof fields>) => setFields((was) => ({ ...was, ...next }))
  const { ruleId, share, outside } = fields
  const slices = slicesOf(share)
  const body = () => ({
    flagKey: flag!.key,
    ...(ruleId && { ruleId }),
    slices,
    version: layer.version,
    ...(outside !== baseline && { outsideVariationId: outside === nothing ? null : outside }),
  })
  return (
    <ChangeDialog
      title={words.allot}
      verb={words.allot}
      isReady={flag !== undefined && slices !== undefined}
      run={(comment) =>
        change<Layer>('POST', `${pathOf(environment, 'layers', layer.id)}/allot`, { body: body(), comment })
      }
      done={() => words.allotted(flag?.name || flag?.key || '')}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <FlagField
            value={flag?.key ?? ''}
            problem={problemOf('flagKey')}
            onChange={(next) => {
              setFlag(next)
              set({ ruleId: '', outside: baseline })
            }}
          />
          {flag && (
            <RuleField
              flagKey={flag.key}
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
