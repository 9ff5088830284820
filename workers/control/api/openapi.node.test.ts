// The OpenAPI document and its page: valid by a published validator, complete, and without scripts or foreign
// resources.
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, it } from 'vitest'
import { api } from './app.ts'
import { type Document, docsPage } from './docs-page.ts'
import { openApiDocument } from './openapi.ts'
import { routes } from './route-list.ts'

const generated = openApiDocument()
const document = generated as unknown as Document

it('is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(generated)
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) })
})

it('describes every route once', () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.toSorted()).toEqual(
    routes.map(({ method, path }) => `${method} /api/v1${path}`).toSorted(),
  )
})

it('describes fields, and marks the deprecated ones', () => {
  const { properties } = document.components.schemas['Problem'] as { properties: Record<string, object> }
  expect(properties['dependents']).toHaveProperty('description')
  expect(properties['users']).toMatchObject({ deprecated: true, description: 'The same as `dependents`.' })
})

it('has no broken references', () => {
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)
  const unknown = [...references].filter(([, name]) => !Object.hasOwn(document.components.schemas, name!))
  expect(unknown).toEqual([])
})

it('is served without a token, as JSON and as a page that loads its own style sheet only', async () => {
  const get = (path: string) => api.request(`https://tackline.example/api/v1/${path}`)
  expect(await (await get('openapi.json')).json()).toEqual(document)
  const page = await get('docs')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  const text = await page.text()
  expect(text).not.toMatch(/<script|\son\w+=|(?:src|href)="(?:https?:)?\/\//i)
  for (const { id, path } of routes) expect(text, id).toContain(path)
  expect((await get('docs.css')).headers.get('content-type')).toContain('text/css')
})

it('escapes the texts of declarations', async () => {
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
