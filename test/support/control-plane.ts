// Calls the admin API in tests that run in workerd. Every response is checked against the schema that its
// route declares, so the OpenAPI document describes all of them.
import { env as bindings, exports } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { ControlBindings } from '../../workers/control/bindings.ts'
import { Problem } from '../../workers/control/api/shapes.ts'
import type { Route } from '../../workers/control/api/route.ts'
import { routes } from '../../workers/control/api/route-list.ts'
import { sha256Hex } from '../../workers/http/digest.ts'
import { openDatabase } from '../../workers/storage/database.ts'
import { apiTokens } from '../../workers/storage/organisation-schema.ts'

export const env = bindings as unknown as ControlBindings
export const worker = (exports as unknown as { default: Fetcher }).default
export const database = openDatabase(env.DB)

export const host = 'https://tackline.example'

/** Calls with a token, or with other headers. */
export async function call(
  method: string,
  path: string,
  body?: unknown,
  as: string | Record<string, string> = 'owner-token',
) {
  const response = await worker.fetch(`${host}/api/v1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(typeof as === 'string' ? { authorization: `Bearer ${as}` } : as),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const answer = (await response.json()) as Record<string, unknown>
  const declared = response.ok ? routeOf(method, path)?.answer : Problem
  expect(
    declared?.safeParse(answer).error?.issues,
    `${method} ${path} answers as it declares`,
  ).toBeUndefined()
  return { status: response.status, body: answer, headers: response.headers }
}

/** Finds the declared route. Literal segments take precedence over parameters. */
function routeOf(method: string, path: string): Route | undefined {
  const requestedPath = path.split('?')[0]
  const matching = routes.filter(
    (route) =>
      route.method === method &&
      new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(requestedPath ?? ''),
  )
  return matching.toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0]
}

type Token = typeof apiTokens.$inferInsert

/** Adds a token whose text is `{id}-token`. */
export async function addToken(token: Omit<Token, 'name' | 'sha256' | 'createdAt'>): Promise<void> {
  const sha256 = await sha256Hex(`${token.id}-token`)
  await database.insert(apiTokens).values({ name: token.id, createdAt: 0, ...token, sha256 })
}

/** Creates a new environment, so that tests do not share one. */
let made = 0
export async function newEnvironment(more: object = {}, as?: Record<string, string>): Promise<string> {
  const id = `env-${++made}`
  expect(await call('POST', '/environments', { id, ...more }, as)).toMatchObject({
    status: 201,
    body: { revision: 1, published: true },
  })
  return id
}
