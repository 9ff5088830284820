// Work on the lake alone, for one environment after the other. Archived ones too: their records stay, and may
// be counted once they are restored.
import { smallRecordsMax } from '../analytics/manifest.ts'
import type { AdminApi } from './admin-api.ts'
import { compact } from './jobs/compact.ts'
import { exportRecords } from './jobs/export.ts'
import { forget } from './jobs/forget.ts'
import type { LakeContext } from './jobs/lake-context.ts'
import { withReport } from './jobs/report-run.ts'
import { retainBySettings } from './jobs/retain-by-settings.ts'
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
    const work = (own: LakeContext) => workOn(id, order, api, own)
    // A dry run did nothing that somebody would want to know of later.
    await (rest.isDryRun ? work(context) : withReport(order.work, id, api, context, work))
  }
}

function workOn(id: string, order: LakeOrder, api: AdminApi, context: LakeContext): Promise<void> {
  switch (order.work) {
    case 'compact':
      return compact(id, context)
    case 'retain':
      return order.retention ? retain(id, order.retention, context) : retainBySettings(id, api, context)
    case 'forget':
      return forget(id, order.targetingKeys, api, context)
    case 'export': {
      const lake = lakeCache(context.store, context.root, context.now, (environmentId, object) =>
        context.onEvent({ kind: 'damaged', environmentId, object }),
      )
      return exportRecords(id, order, lake, context)
    }
    default:
      return order satisfies never
  }
}
