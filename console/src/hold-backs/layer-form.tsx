// A layer, new or edited.
import { useState } from 'react'
import type { Layer } from '../../../core/model/layer.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { NameAndId } from '../change/name-and-id.tsx'
import { holdBacks } from '../messages/hold-backs.ts'
import { TextArea } from '../ui/fields.tsx'

type LayerFields = Pick<Layer, 'id' | 'name' | 'description'>
const emptyLayer: LayerFields = { id: '', name: '', description: '' }
const layerBody = ({ id, name, description }: LayerFields) =>
  id === '' ? undefined : { id, name, description }

export function LayerForm({ layer, onClose }: { layer?: Layer; onClose: () => void }) {
  const [initial] = useState<LayerFields>(layer ?? emptyLayer)
  const [fields, setFields] = useState(initial)
  return (
    <EntityDialog
      plural="layers"
      words={holdBacks.layers}
      entity={layer}
      initial={initial}
      fields={fields}
      bodyOf={layerBody}
      onClose={onClose}
    >
      {(problemOf) => (
        <>
          <NameAndId
            words={holdBacks}
            {...fields}
            fixed={layer !== undefined}
            problemOf={problemOf}
            onChange={(next) => setFields({ ...fields, ...next })}
          />
          <TextArea
            label={holdBacks.description}
            problem={problemOf('description')}
            value={fields.description}
            onChange={(event) => setFields({ ...fields, description: event.target.value })}
          />
        </>
      )}
    </EntityDialog>
  )
}
