// Bucketeer's golden cases, and damaged requests, also to routes that read no JSON body or answer in another
// form.
import { describe, it } from 'vitest'
import { complaintAbout } from '../../../test/support/bad-input/answer.ts'
import {
  bodyRoutes,
  postRequest,
  sendDamaged,
  testDamagedBodies,
  testGoldenCases,
} from '../../../test/support/dialect-suite.ts'
import { goldenKeys, goldenNow } from '../../../test/support/golden-cases.ts'
import { legacyPaths } from './legacy.ts'
import { bucketeerRoutes } from './routes.ts'

const dialect = 'bucketeer'
const routes = bodyRoutes(dialect)

testGoldenCases(dialect, bucketeerRoutes)
testDamagedBodies(dialect, bucketeerRoutes, routes)

describe('a damaged request', () => {
  const complain = (response: Response, text: string) => complaintAbout(dialect, response, text)

  it('to /v1/gateway/stream_evaluations is answered or refused in the right form', () => {
    const path = '/v1/gateway/stream_evaluations'
    const body = { ...routes[0]!.body, evaluatedAt: '0' }
    return sendDamaged(bucketeerRoutes, (damage) => postRequest({ dialect, path }, damage(body)), complain)
  })

  it('to /track is answered or refused in the right form', () => {
    const timestamp = String(goldenNow / 1_000)
    const goal = { userid: 'ada', goalid: 'purchase', tag: 'web', timestamp, value: '5' }
    const fields = { apikey: goldenKeys.clientKey, ...goal }
    const toRequest = (damage: (body: object) => string) =>
      new Request(`http://edge.test/track?${queryOf(damage(fields))}`)
    return sendDamaged(bucketeerRoutes, toRequest, complain)
  })

  it.each(Object.entries(legacyPaths))('to %s is answered or refused in the older form', (path, current) => {
    const body = routes.find((route) => route.path === current)?.body ?? {}
    return sendDamaged(
      bucketeerRoutes,
      (damage) => postRequest({ dialect, path }, damage(body)),
      complainInOlderForm,
    )
  })
})

function complainInOlderForm(response: Response, text: string): string | undefined {
  if (response.status >= 500) return 'the server failed'
  const body = JSON.parse(text) as { data?: object; error?: { code: number; message: string } }
  const isInForm = response.ok ? body.data : body.error?.message.startsWith('gateway: ')
  return isInForm ? undefined : text
}

/** Damaged JSON as a query, as far as possible. */
function queryOf(json: string): string {
  try {
    const fields = Object.entries(JSON.parse(json) as object).map(([name, value]) => [name, String(value)])
    return new URLSearchParams(fields as [string, string][]).toString()
  } catch {
    return json.replaceAll(/[^\x21-\x7e]|#/g, '&')
  }
}
