// A Worker as another team on the account would write it: evaluates over RPC and returns the result. It
// forwards all other requests to edge.
import type { FlagsRpc } from '../../../workers/edge/rpc-types.ts'

interface Bindings {
  readonly FLAGS: FlagsRpc
  readonly FLAGS_NOWHERE: FlagsRpc
  readonly EDGE: Fetcher
}

export default {
  async fetch(request, { FLAGS, FLAGS_NOWHERE, EDGE }) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/by-rpc/kept') {
      const who = { targetingKey: searchParams.get('who') ?? '' }
      const all = await FLAGS.evaluateAll(who)
      const value = await FLAGS.getStringValue('kept', 'mine', who)
      return Response.json([value, all.find(({ flagKey }) => flagKey === 'kept')?.value])
    }
    if (pathname !== '/by-rpc') return EDGE.fetch(request)
    const ada = { targetingKey: 'ada', plan: 'pro' }
    return Response.json({
      boolean: await FLAGS.getBooleanValue('switch', false, ada),
      string: await FLAGS.getStringValue('title', 'mine', ada),
      number: await FLAGS.getNumberValue('limit', 1, ada),
      object: await FLAGS.getObjectValue('layout', { columns: 0 }, ada),
      details: await FLAGS.getStringDetails('title', 'mine', ada),
      mismatch: await FLAGS.getBooleanDetails('title', false, ada),
      missing: await FLAGS.getNumberDetails('nothing', 7, ada),
      splitless: await FLAGS.getBooleanDetails('split', false),
      nowhere: await FLAGS_NOWHERE.getBooleanDetails('switch', false, ada),
      all: (await FLAGS.evaluateAll(ada)).map(({ flagKey, value }) => [flagKey, value]),
    })
  },
} satisfies ExportedHandler<Bindings>
