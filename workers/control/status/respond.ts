// `/status` and `/status.json`, beside `/healthz`: is the whole well? Off until STATUS_PAGE says `public`, or
// `token` with the secret STATUS_TOKEN. Callers share an answer for half a minute, so that nobody can make
// the page itself a load.
import { sha256Hex } from '../../http/digest.ts'
import { problemResponse } from '../../http/problem-response.ts'
import type { ControlBindings } from '../bindings.ts'
import { collect } from './collect.ts'
import { type Status, judge } from './judge.ts'
import { statusPage, statusStyle } from './page.ts'

export const isStatusPath = (path: string): boolean => /^\/status(?:\.json|\.css)?$/.test(path)

const keptMs = 30_000
/** Of this isolate. */
let kept: { readonly status: Promise<Status>; readonly at: number } | undefined

/** `now`: epoch milliseconds. */
export async function respondStatus(
  request: Request,
  path: string,
  env: ControlBindings,
  now: number,
): Promise<Response> {
  const { STATUS_PAGE: access = '' } = env
  if (access !== 'public' && access !== 'token')
    return problemResponse({ code: 'NOT_FOUND', message: 'there is no status page' })
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
  if (access === 'token' && !(await hasToken(request, env.STATUS_TOKEN))) return unauthenticated()
  const headers = {
    'cache-control': `${access === 'public' ? 'public' : 'private'}, max-age=${keptMs / 1_000}`,
    'content-security-policy': "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
  }
  if (path === '/status.css')
    return new Response(statusStyle, { headers: { ...headers, 'content-type': 'text/css; charset=utf-8' } })
  const status = await statusNow(env, now)
  const answer = { status: status.state === 'down' ? 503 : 200, headers }
  if (path === '/status.json') return Response.json(status, answer)
  return new Response(String(await statusPage(status)), {
    ...answer,
    headers: { ...headers, 'content-type': 'text/html; charset=utf-8' },
  })
}

async function statusNow(env: ControlBindings, now: number): Promise<Status> {
  if (!kept || now - kept.at >= keptMs) kept = { status: collect(env, now).then(judge), at: now }
  try {
    return await kept.status
  } catch (cause) {
    kept = undefined
    throw cause
  }
}

/** Compares digests: the time that it takes says nothing about the token. */
async function hasToken({ headers }: Request, token: string | undefined): Promise<boolean> {
  if (!token) return false
  const [scheme = '', value = ''] = (headers.get('authorization') ?? '').split(' ', 2)
  const sent = /^bearer$/i.test(scheme) ? value : /^basic$/i.test(scheme) ? passwordOf(value) : undefined
  return sent !== undefined && (await sha256Hex(sent)) === (await sha256Hex(token))
}

function passwordOf(credentials: string): string | undefined {
  try {
    return /^[^:]*:(.*)$/s.exec(atob(credentials))?.[1]
  } catch {
    return undefined
  }
}

function unauthenticated(): Response {
  const response = problemResponse({ code: 'UNAUTHENTICATED', message: 'send the token of the status page' })
  const headers = new Headers(response.headers)
  headers.set('www-authenticate', 'Basic realm="status"')
  return new Response(response.body, { status: response.status, headers })
}
