// What the runner was asked and where it finds things: the command line, the environment's variables and what
// `npm start` wrote, as one value. Defaults are filled here and nowhere else.
import path from 'node:path'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { reasonOf, done, fail, type Outcome } from './failure.ts'
import { EngineChoice } from './stan/engine.ts'

export const Work = z.enum(['experiments', 'operations', 'all'])
export type Work = z.infer<typeof Work>

export interface Question {
  readonly work: Work
  /** All of them where none is named. */
  readonly environmentId: string | undefined
  readonly engine: EngineChoice
  readonly print: 'text' | 'json' | 'usage'
}

export interface Configuration {
  readonly api: { readonly url: string; readonly token: string }
  readonly lake: {
    readonly endpoint: string
    readonly bucket: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }
  readonly cacheFolder: string
}

export const usage = `usage: npm run batch -- [${Work.options.join('|')}] [--environment ID] [--engine ${EngineChoice.options.join('|')}] [--json]`

const options = {
  environment: { type: 'string' },
  engine: { type: 'string', default: 'auto' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

export function readArguments(args: readonly string[]): Outcome<Question> {
  const parsed = parse(args)
  if (!parsed.ok) return parsed
  const { positionals, values } = parsed.value
  const work = Work.safeParse(positionals[0] ?? 'all')
  if (!work.success) return wrong(`There is no work called ${positionals[0]}.`)
  if (positionals.length > 1)
    return wrong(`One kind of work at a time: ${positionals.join(' ')} is too much.`)
  const engine = EngineChoice.safeParse(values.engine)
  if (!engine.success) return wrong(`There is no engine called ${values.engine}.`)
  return done({
    work: work.data,
    environmentId: values.environment,
    engine: engine.data,
    print: values.help ? 'usage' : values.json ? 'json' : 'text',
  })
}

function parse(args: readonly string[]) {
  try {
    return done(parseArgs({ args: [...args], options, allowPositionals: true, strict: true }))
  } catch (error) {
    return wrong(reasonOf(error))
  }
}

const wrong = (message: string) => fail('usage', `${message}\n${usage}`)

const defaultUrl = 'http://127.0.0.1:8787'
/** The stack that `npm start` runs; see the bucket's local credentials in the Workers' configuration. */
const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' }
const defaultBucket = 'tackline-lake'

const LocalStack = z.object({ url: z.url(), token: z.string().min(1) })

/** `localStack` is the text of .tackline/local.json, where there is one. */
export function readConfiguration(
  variables: Readonly<Record<string, string | undefined>>,
  localStack: string | undefined,
): Outcome<Configuration> {
  const api = readApi(variables, localStack)
  if (!api.ok) return api
  const { url } = api.value
  const isLocal = isLoopback(url)
  const endpoint = variables.TACKLINE_S3_ENDPOINT || (isLocal ? `${url}/cdn-cgi/local/r2/s3` : undefined)
  const accessKeyId = variables.TACKLINE_S3_KEY || (isLocal ? localCredentials.accessKeyId : undefined)
  const secretAccessKey =
    variables.TACKLINE_S3_SECRET || (isLocal ? localCredentials.secretAccessKey : undefined)
  // Credentials of the local stack are for the local stack: elsewhere nothing is guessed.
  if (!endpoint || !accessKeyId || !secretAccessKey) {
    return fail(
      'usage',
      `The event lake of ${url} needs TACKLINE_S3_ENDPOINT, TACKLINE_S3_KEY and TACKLINE_S3_SECRET.`,
    )
  }
  if (!URL.canParse(endpoint)) return fail('usage', `TACKLINE_S3_ENDPOINT is no URL: ${endpoint}`)
  return done({
    api: api.value,
    lake: {
      endpoint: endpoint.replace(/\/+$/, ''),
      bucket: variables.TACKLINE_S3_BUCKET || defaultBucket,
      accessKeyId,
      secretAccessKey,
    },
    cacheFolder: path.resolve(variables.TACKLINE_LAKE_CACHE || path.join('.tackline', 'lake')),
  })
}

/** The local stack's token goes to the local stack only, whatever TACKLINE_URL says. */
function readApi(
  { TACKLINE_URL, TACKLINE_TOKEN }: Readonly<Record<string, string | undefined>>,
  localStack: string | undefined,
): Outcome<Configuration['api']> {
  if (TACKLINE_URL && !/^https?:/.test(URL.parse(TACKLINE_URL)?.protocol ?? '')) {
    return fail('usage', `TACKLINE_URL is no URL: ${TACKLINE_URL}`)
  }
  if (TACKLINE_TOKEN) return done({ url: withoutSlash(TACKLINE_URL || defaultUrl), token: TACKLINE_TOKEN })
  const local = LocalStack.safeParse(parseJson(localStack))
  if (!local.success) {
    return fail(
      'usage',
      'TACKLINE_TOKEN is not set, and no local stack has written .tackline/local.json: run "npm start".',
    )
  }
  const url = withoutSlash(local.data.url)
  if (TACKLINE_URL && withoutSlash(TACKLINE_URL) !== url) {
    return fail(
      'usage',
      `TACKLINE_TOKEN is not set, and the local stack's token is for ${url}, not for ${TACKLINE_URL}.`,
    )
  }
  return done({ url, token: local.data.token })
}

const withoutSlash = (url: string) => url.replace(/\/+$/, '')

const isLoopback = (url: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
