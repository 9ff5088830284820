// The layers of an environment, and who has a part of each.
import { useQuery } from '@tanstack/react-query'
import type { Layer } from '../../../core/model/layer.ts'
import { change, pathOf } from '../api/client.ts'
import { layersQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { removeAction } from '../change/remove-action.ts'
import { type RowAction, RowActions } from '../change/row-actions.tsx'
import { common } from '../messages/common.ts'
import { holdBacks } from '../messages/hold-backs.ts'
import { ListPage } from '../pages/list-page.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { AllotForm } from './allot-form.tsx'
import { LayerForm } from './layer-form.tsx'
import { slicesText } from './share.ts'

const { layers: words } = holdBacks
const total = 10_000

const slicesOfAll = (allotments: Layer['allotments']) =>
  allotments.flatMap(({ ranges }) => ranges).reduce((sum, { from, to }) => sum + to - from, 0)

export default function LayersPage() {
  const environment = useEnvironmentId()
  const actionsOf = (layer: Layer): RowAction[] => {
    const { id, name, version, allotments } = layer
    const path = pathOf(environment, 'layers', id)
    const releases = allotments.map(({ flagKey, ruleId }) => ({
      text: words.release(flagKey),
      hint: words.releaseHint,
      done: words.released(flagKey),
      run: ({ comment }: { comment: string }) =>
        change<Layer>('POST', `${path}/release`, { body: { flagKey, ruleId, version }, comment }),
    }))
    const remove = removeAction({ path, version, shown: name || id, hint: words.removeHint })
    return [
      { text: words.allot, form: (close) => <AllotForm layer={layer} onClose={close} /> },
      ...releases,
      { text: common.edit, form: (close) => <LayerForm layer={layer} onClose={close} /> },
      ...(allotments.length > 0 ? [] : [remove]),
    ]
  }
  const columns: Column<Layer>[] = [
    {
      title: words.columns.layer,
      cell: ({ id, name, description }) => <Named name={name || id}>{description || (name && id)}</Named>,
    },
    {
      title: words.columns.rollouts,
      cell: ({ allotments }) =>
        allotments.length === 0
          ? words.nobody
          : allotments.map((each) => words.part(each.flagKey, slicesText(slicesOfAll([each])))).join(' · '),
    },
    {
      title: words.columns.free,
      end: true,
      slim: true,
      cell: ({ allotments }) => slicesText(total - slicesOfAll(allotments)),
    },
    {
      title: '',
      end: true,
      cell: (layer) => <RowActions label={layer.name || layer.id} actions={actionsOf(layer)} />,
    },
  ]
  return (
    <ListPage
      words={words}
      query={useQuery(layersQuery(environment))}
      form={(close) => <LayerForm onClose={close} />}
    >
      {(layers) => <Table label={words.title} rows={layers} keyOf={({ id }) => id} columns={columns} />}
    </ListPage>
  )
}
