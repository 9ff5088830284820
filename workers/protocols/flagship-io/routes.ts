// AB Tasty's Decision API, bucketing CDN and event intake, on one host.
import { Hono } from 'hono/tiny'
import { readEnvironment } from '../../http/authenticate.ts'
import { logError } from '../../http/log.ts'
import { cors } from '../../http/cors.ts'
import type { Visited } from '../../http/visit.ts'
import type { Ports } from '../../ports.ts'
import { bootstrapText } from './bootstrap.ts'
import { keepFiles } from './bucketing-bytes.ts'
import { accountSettingsOf } from './bucketing-file.ts'
import { bucketingAnswer } from './bucketing-routes.ts'
import { addDecisionRoutes } from './decision-routes.ts'
import { type Door, fail } from './door.ts'
import { addIntakeRoutes } from './intake-routes.ts'
import { recentEvents, recentNews } from './recent-events.ts'

const filePaths = '/:environment/:file{bucketing\\.json|accountSettings\\.json}'
const lookUps = ['/accounts/*', '/v1/segments/*']
const messages = ['/', '/troubleshooting', '/analytics', '/emotionsai']

export function flagshipIoRoutes(ports: Ports): Hono<Visited> {
  const app = new Hono<Visited>({ strict: false })
  const files = keepFiles()
  const door: Door = { ports, idOf: recentEvents(), isNews: recentNews() }
  const headers = [
    'content-type',
    'x-api-key',
    'x-sdk-client',
    'x-sdk-version',
    'if-modified-since',
    'if-none-match',
    'x-min-revision',
    'x-pop',
  ]
  const policy = cors({ origin: '*', methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH'], headers })
  for (const path of ['/v2/*', filePaths, '/flagship-io/*', ...lookUps]) app.use(path, policy)
  app.on(['POST', 'OPTIONS'], messages, policy)

  app.get('/flagship-io/bootstrap.js', (c) =>
    c.body(bootstrapText, 200, {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=3600',
    }),
  )

  app.get('/:environment/bucketing.json', async (c) => {
    const answer = await bucketingAnswer(c.req.raw, c.env, ports, files, c.req.param('environment'))
    if (answer.ok) return answer.value
    return fail(answer.problem, c.env, answer.problem.code === 'UNAVAILABLE' ? 500 : undefined)
  })

  app.get('/:environment/accountSettings.json', async (c) => {
    const compiled = await readEnvironment(ports, c.env, c.req.param('environment'))
    return compiled.ok
      ? c.json({ accountSettings: accountSettingsOf(compiled.value.snapshot) })
      : fail(compiled.problem, c.env)
  })

  addIntakeRoutes(app, door)
  addDecisionRoutes(app, door)

  for (const path of ['/v2/*', '/flagship-io/*', ...lookUps, ...messages.slice(1)])
    app.all(path, (c) => fail({ code: 'NOT_FOUND', message: 'there is no such route' }, c.env))
  app.all(filePaths, (c) => fail({ code: 'INVALID', message: 'only GET http method is allowed' }, c.env))

  app.onError((error, c) => {
    logError('flagship-io', error)
    return fail({ code: 'UNAVAILABLE', message: 'something unexpected went wrong' }, c.env)
  })
  return app
}
