import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { withoutPaths } from './log-lines.ts'

it('leaves the path out of wrangler’s line of a request, and every other line as it is', async () => {
  const log = withoutPaths()
  const lines = [
    '[wrangler:info] GET /ofrep/v1/stream/tl_client_shop_c0ffee 200 OK (3ms)',
    '[wrangler:info] POST /api/v1/triggers/tlt_shop_c0ffee 404 Not Found (12ms)',
    '{"where":"request","status":200}',
    '[wrangler:error] Error: GET /x failed',
    'no end',
  ]
  const whole = lines.join('\n')
  for (let i = 0; i < whole.length; i += 7) log.write(whole.slice(i, i + 7))
  log.end()
  expect((await text(log)).split('\n')).toEqual([
    '[wrangler:info] GET … 200 OK (3ms)',
    '[wrangler:info] POST … 404 Not Found (12ms)',
    ...lines.slice(2),
  ])
})
