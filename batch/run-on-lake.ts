// Work on the lake alone, for one environment after the other. Archived ones too: their records stay, and may
// be counted once they are restored.
import { smallRecordsMax } from '../analytics/manifest.ts'
import type { AdminApi } from './admin-api.ts'
import { compact } from './jobs/compact.ts'
import { exportRecords } from './jobs/export.ts'
import { forget } from './jobs/forget.ts'
import type { LakeContext } from './jobs/lake-context.ts'
import { retain } from './jobs/retain.ts'
import { lakeCache } from './lake/cache.ts'
import { lakeListing } from './lake/listing.ts'
import type { LakeOrder } from './lake-options.ts'

type Context = Omit<LakeContext, 'listing' | 'smallMax'> & { readonly api: AdminApi }

export async function runOnLake(
  environmentIds: readonly string[],
  order: LakeOrder,
  { api, ...rest }: Context,
): Promise<void> {
  for (const id of environmentIds) {
    const context = { ...rest, smallMax: smallRecordsMax, listing: lakeListing(rest.store) }
    switch (order.work) {
      case 'compact':
        await compact(id, context)
        break
      case 'retain':
        await retain(id, order, context)
        break
      case 'forget':
        await forget(id, order.targetingKeys, api, context)
        break
      case 'export': {
        const lake = lakeCache(rest.store, rest.root, rest.now, (environmentId, object) =>
          rest.onEvent({ kind: 'damaged', environmentId, object }),
        )
        await exportRecords(id, order, lake, context)
        break
      }
      default:
        order satisfies never
    }
  }
}
