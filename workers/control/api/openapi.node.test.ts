// The OpenAPI document and its page: valid by a published validator, whole, and without anything that could
// run or be fetched elsewhere.
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, it } from 'vitest'
import { api } from './app.ts'
import { type Document, docsPage } from './docs-page.ts'
import { openApiDocument } from './openapi.ts'
import { routes } from './route-list.ts'

const made = openApiDocument()
const document = made as unknown as Document

it('is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(made)
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) })
})

it('describes every route, each once', () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.toSorted()).toEqual(
    routes.map(({ method, path }) => `${method} /api/v1${path}`).toSorted(),
  )
})

it('refers to nothing that it does not hold', () => {
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)
  const unknown = [...references].filter(([, name]) => !Object.hasOwn(document.components.schemas, name!))
  expect(unknown).toEqual([])
})

it('is served to anybody, as JSON and as a page that loads its own style sheet only', async () => {
  const get = (path: string) => api.request(`https://tackline.example/api/v1/${path}`)
  expect(await (await get('openapi.json')).json()).toEqual(document)
  const page = await get('docs')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  const text = await page.text()
  expect(text).not.toMatch(/<script|\son\w+=|(?:src|href)="(?:https?:)?\/\//i)
  for (const { id, path } of routes) expect(text, id).toContain(path)
  expect((await get('docs.css')).headers.get('content-type')).toContain('text/css')
})

it('escapes whatever a declaration says', async () => {
  const evil = `<img src=x onerror=alert(1)>"'&`
  const operation = { operationId: evil, summary: evil, description: `a \`${evil}\``, tags: ['x'] }
  const schema = { type: evil, description: evil, enum: [evil], properties: { [evil]: { const: evil } } }
  const parameters = [{ name: evil, in: evil, description: evil, schema: { type: evil, pattern: evil } }]
  const content = { [evil]: { schema } }
  const page = await docsPage({
    info: { title: evil, description: evil },
    tags: [{ name: 'x' }, { name: evil }],
    paths: {
      [evil]: {
        get: { ...operation, parameters, requestBody: { content }, responses: { 200: { content } } },
      },
    },
    components: { schemas: { [evil]: schema } },
  })
  expect(String(page)).not.toContain('<img')
  expect(String(page)).not.toMatch(/="[^"]*<img/)
})
