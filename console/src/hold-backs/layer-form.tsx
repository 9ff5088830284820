// A layer, new or edited.
import type { Layer } from '../../../core/model/layer.ts'
import { EntityDialog } from '../change/entity-dialog.tsx'
import { NameAndId } from '../change/name-and-id.tsx'
import type { FormOf } from '../change/edit-state.ts'
import { useEdit } from '../change/use-edit.ts'
import { holdBacks } from '../messages/hold-backs.ts'
import { TextArea } from '../ui/fields.tsx'

type LayerFields = Pick<Layer, 'id' | 'name' | 'description'>
const layerForm: FormOf<Layer, LayerFields> = {
  empty: { id: '', name: '', description: '' },
  fieldsOf: ({ id, name, description }) => ({ id, name, description }),
  rules: {
    id: 'stored',
    name: { label: holdBacks.name },
    description: { label: holdBacks.description },
  },
}
const layerBody = ({ id, name, description }: LayerFields) =>
  id === '' ? undefined : { id, name, description }

export function LayerForm({ layer, onClose }: { layer?: Layer; onClose: () => void }) {
  const edit = useEdit(layer, layerForm)
  const { fields, set } = edit
  return (
    <EntityDialog plural="layers" words={holdBacks.layers} edit={edit} bodyOf={layerBody} onClose={onClose}>
      {(problemOf) => (
        <>
          <NameAndId
            words={holdBacks}
            {...fields}
            fixed={layer !== undefined}
            problemOf={problemOf}
            onChange={set}
          />
          <TextArea
            label={holdBacks.description}
            problem={problemOf('description')}
            value={fields.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        </>
      )}
    </EntityDialog>
  )
}
