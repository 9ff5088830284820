// What a server of OFREP must do, by the protocol's OpenAPI file and decisions (service/adrs), and what the
// published providers need of it. Each check asks the server and answers a sentence if it does otherwise. The
// server may have any flags; it needs at least one.
import type * as z from 'zod'
import { type Evaluated, forms } from './forms.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Asks the server under test. `body`: text as it is, anything else as JSON. */
export interface Server {
  readonly hasKey: boolean
  evaluate(flag: string | undefined, body: unknown, options?: AskOptions): Promise<Answer>
  preflight(headers: Record<string, string>): Promise<Answer>
}
interface AskOptions {
  readonly headers?: Record<string, string>
  /** How the key is sent. Default: as a bearer. */
  readonly credentials?: 'bearer' | 'api-key' | 'none' | 'unknown'
}

export interface Check {
  readonly name: string
  readonly source: string
  /** `must`: the OpenAPI file or a decision says so. `should`: a published provider does better with it. */
  readonly level: 'must' | 'should'
  /** A sentence if it fails; `skipped` if the server cannot be asked this. */
  readonly run: (server: Server) => Promise<string | undefined | typeof skipped>
}
export const skipped = Symbol('skipped')

const context = { targetingKey: 'conformance-user', plan: 'team', visits: 3 }
const unknownFlag = 'no-such-flag/of the%suite'
const singlesMax = 20

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is wrong with an answer that should have a status and a form. */
function misformed({ status, headers, text }: Answer, wanted: number, form: z.ZodType): string | undefined {
  if (status !== wanted) return `answers ${status} instead of ${wanted}`
  if (!headers.get('content-type')?.includes('json')) return `${status} is not application/json`
  const issue = form.safeParse(parse(text)).error?.issues[0]
  return issue && `${status} has the wrong form: ${issue.path.join('.') || 'the body'}, ${issue.message}`
}

/** Of 200 or 400, where a server may do either. */
const eitherForm = (answer: Answer, good: z.ZodType, bad: z.ZodType) =>
  misformed(answer, answer.status === 400 ? 400 : 200, answer.status === 400 ? bad : good)

async function evaluatedFlags(server: Server): Promise<Evaluated[]> {
  const { text } = await server.evaluate(undefined, { context })
  const { flags = [] } = (parse(text) ?? {}) as { flags?: Evaluated[] }
  return flags.filter((flag) => typeof flag.key === 'string' && !('errorCode' in flag)).slice(0, singlesMax)
}
const decisionOf = ({ value, variant, reason }: Evaluated) => JSON.stringify([value, variant, reason])

const openApi = 'openapi.yaml'
export const checks: readonly Check[] = [
  {
    name: 'all flags are evaluated in one request',
    source: openApi,
    level: 'must',
    run: async (server) => misformed(await server.evaluate(undefined, { context }), 200, forms.Bulk),
  },
  {
    name: 'there is a flag to look at',
    source: 'this suite',
    level: 'must',
    run: async (server) =>
      (await evaluatedFlags(server)).length === 0 ? 'no flag was evaluated: make one' : undefined,
  },
  {
    name: 'one flag is evaluated, and as among all of them',
    source: 'ADR 0002',
    level: 'must',
    run: async (server) => {
      for (const flag of await evaluatedFlags(server)) {
        const answer = await server.evaluate(flag.key, { context })
        const problem = misformed(answer, 200, forms.Success)
        if (problem !== undefined) return `${flag.key}: ${problem}`
        const alone = parse(answer.text) as Evaluated
        if (alone.key !== flag.key) return `${flag.key}: the answer is about ${alone.key}`
        if (decisionOf(alone) !== decisionOf(flag))
          return `${flag.key}: ${decisionOf(alone)} alone, ${decisionOf(flag)} among all`
      }
      return undefined
    },
  },
  {
    name: 'a request that is repeated gets the same answer',
    source: 'ADR 0005',
    level: 'must',
    run: async (server) => {
      const [first, second] = [await evaluatedFlags(server), await evaluatedFlags(server)]
      const different = first.find((flag, i) => second[i] && decisionOf(flag) !== decisionOf(second[i]))
      return different && `${different.key} changes from request to request`
    },
  },
  {
    name: 'an unknown flag is 404 with FLAG_NOT_FOUND, and its key as it was meant',
    source: openApi,
    level: 'must',
    run: async (server) => {
      const answer = await server.evaluate(unknownFlag, { context })
      const problem = misformed(answer, 404, forms.NotFound)
      if (problem !== undefined) return problem
      const { key } = parse(answer.text) as { key: string }
      return key === unknownFlag ? undefined : `the key '${unknownFlag}' is read as '${key}'`
    },
  },
  ...['{"context":', '[]', '{"context":"ada"}', '{"context":[]}'].map((body): Check => ({
    name: `the body ${body} is 400 with an error code`,
    source: openApi,
    level: 'must',
    run: async (server) => {
      const [flag] = await evaluatedFlags(server)
      const alone = misformed(await server.evaluate(flag?.key ?? unknownFlag, body), 400, forms.Failure)
      if (alone !== undefined) return `one flag: ${alone}`
      const all = misformed(await server.evaluate(undefined, body), 400, forms.BulkFailure)
      return all && `all flags: ${all}`
    },
  })),
  ...[{}, { context: {} }, { context: { targetingKey: '' } }].map((body): Check => ({
    name: `the body ${JSON.stringify(body)} is evaluated, or refused in form`,
    source: openApi,
    level: 'must',
    run: async (server) => {
      const [flag] = await evaluatedFlags(server)
      if (flag === undefined) return skipped
      const alone = eitherForm(await server.evaluate(flag.key, body), forms.Success, forms.Failure)
      if (alone !== undefined) return `one flag: ${alone}`
      const all = eitherForm(await server.evaluate(undefined, body), forms.Bulk, forms.BulkFailure)
      return all && `all flags: ${all}`
    },
  })),
  ...(['none', 'unknown'] as const).map((credentials): Check => ({
    name: credentials === 'none' ? 'a request without a key is refused' : 'an unknown key is refused',
    source: openApi,
    level: 'must',
    run: async (server) => {
      if (!server.hasKey) return skipped
      const { status } = await server.evaluate(undefined, { context }, { credentials })
      return status === 401 || status === 403 ? undefined : `answers ${status} instead of 401 or 403`
    },
  })),
  {
    name: 'the key is taken as a bearer and as X-API-Key',
    source: openApi,
    level: 'should',
    run: async (server) => {
      if (!server.hasKey) return skipped
      for (const credentials of ['bearer', 'api-key'] as const) {
        const { status } = await server.evaluate(undefined, { context }, { credentials })
        if (status !== 200) return `${credentials}: answers ${status}`
      }
      return undefined
    },
  },
  ...['', 'W/'].map((weak): Check => ({
    name: `an answer that has not changed is 304 for its ETag${weak && ', also a weak one'}`,
    source: 'ADR 0005; RFC 9110, 13.1.2',
    level: weak ? 'should' : 'must',
    run: async (server) => {
      const { headers } = await server.evaluate(undefined, { context })
      const tag = headers.get('etag')
      if (tag === null) return 'all flags are answered without an ETag'
      const match = { 'if-none-match': weak + tag.replace(/^W\//, '') }
      const again = await server.evaluate(undefined, { context }, { headers: match })
      if (again.status !== 304) return `answers ${again.status} instead of 304`
      return again.text === '' ? undefined : '304 has a body'
    },
  })),
  {
    name: 'the ETag is of the context as well',
    source: 'ADR 0005',
    level: 'must',
    run: async (server) => {
      const { headers, text } = await server.evaluate(undefined, { context })
      const other = { context: { targetingKey: 'another-user' } }
      const match = { 'if-none-match': headers.get('etag') ?? '"none"' }
      const answer = await server.evaluate(undefined, other, { headers: match })
      if (answer.status !== 304) return undefined
      const plain = await server.evaluate(undefined, other)
      return plain.text === text ? undefined : 'another user, who gets other flags, is answered 304'
    },
  },
  {
    name: 'a page of another origin may ask, and read the ETag',
    source: '@openfeature/ofrep-web-provider',
    level: 'should',
    run: async (server) => {
      const origin = 'https://shop.example'
      const needed = ['content-type', ...(server.hasKey ? ['authorization'] : []), 'if-none-match']
      const { status, headers } = await server.preflight({
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': needed.join(','),
      })
      if (status < 200 || status > 299) return `OPTIONS answers ${status}`
      const listed = (answer: Headers, name: string) =>
        (answer.get(name) ?? '').toLowerCase().split(/\s*,\s*/)
      const allowed = listed(headers, 'access-control-allow-headers')
      const missing = needed.filter((name) => !allowed.includes(name) && !allowed.includes('*'))
      if (missing.length > 0) return `the header ${missing.join(', ')} is not allowed`
      const answer = await server.evaluate(undefined, { context }, { headers: { origin } })
      if (![origin, '*'].includes(answer.headers.get('access-control-allow-origin') ?? ''))
        return 'the origin is not allowed'
      const exposed = listed(answer.headers, 'access-control-expose-headers')
      return exposed.includes('etag') || exposed.includes('*') ? undefined : 'the ETag is not exposed'
    },
  },
]
