// The Hono app of the admin API, which the console, the batch runner and scripts use. Changes of an
// environment go to its Durable Object as commands; reads go straight to D1.
import { Hono } from 'hono'
import { logError } from '../../http/log.ts'
import { problemResponse } from '../../http/problem-response.ts'
import type { ControlBindings } from '../bindings.ts'
import { dispatchManifest, manifestRoutes } from '../manifest/routes.ts'
import { dispatch } from './dispatch.ts'
import { type Document, docsHeaders, docsPage, docsStyle } from './docs-page.ts'
import { documentText } from './openapi.ts'
import { routes } from './route-list.ts'

export const api = new Hono<{ Bindings: ControlBindings }>().basePath('/api/v1')

const toHonoPath = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1')
for (const route of routes) api.on(route.method, toHonoPath(route.path), (c) => dispatch(route, c))
for (const route of manifestRoutes)
  api.on(route.method, toHonoPath(route.path), (c) => dispatchManifest(route, c))

const cssHeaders = { 'content-type': 'text/css; charset=utf-8', 'x-content-type-options': 'nosniff' }
api.get(
  '/openapi.json',
  () => new Response(documentText(), { headers: { 'content-type': 'application/json' } }),
)
api.get('/docs', async () => {
  const page = await docsPage(JSON.parse(documentText()) as Document)
  return new Response(String(page), { headers: docsHeaders })
})
api.get('/docs.css', () => new Response(docsStyle, { headers: cssHeaders }))
api.notFound(() => problemResponse({ code: 'NOT_FOUND', message: 'there is no such route' }))
api.onError((error) => {
  logError('control', error)
  return problemResponse({ code: 'UNAVAILABLE', message: 'something unexpected went wrong, try again' })
})
