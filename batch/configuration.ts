// What the runner shall do and where it finds things: reads the command line, the environment variables and
// the file that `npm start` writes. Defaults are filled in here and nowhere else.
import path from 'node:path'
import * as z from 'zod'
import { ok, type Result } from '../core/model/problem.ts'
import { parseOptions } from '../scripts/command-line.ts'
import { type ClickHouseConfiguration, isLoopback, readClickHouse } from './clickhouse-configuration.ts'
import { type Failure, fail } from './failure.ts'
import { isLakeWork, lakeOptions, type LakeOrder, lakeWork, readLakeOrder } from './lake-options.ts'
import { readReference, type ResultReference } from './reproduce/reference.ts'
import { EngineChoice } from './stan/engine.ts'

export const Work = z.enum(['experiments', 'operations', 'all', 'replay', 'status', 'bundle', ...lakeWork])
export type Work = z.infer<typeof Work>

/** What one run does. */
export interface RunOptions {
  readonly work: Work
  /** All environments if undefined. */
  readonly environmentId: string | undefined
  readonly engine: EngineChoice
  readonly isDryRun: boolean
  /** Counts everything anew, and says whether the counts kept were right. */
  readonly isRecount: boolean
  /** Of work on the lake alone. */
  readonly lakeOrder: LakeOrder | undefined
  /** Of replay and bundle: the stored result that they are about. */
  readonly result?: ResultReference | undefined
  /** Of bundle: the file to write. */
  readonly output?: string | undefined
}

export interface CommandLine extends RunOptions {
  readonly print: 'text' | 'json' | 'usage'
}

/** Where a run finds the admin API and the event lake. */
export interface Configuration {
  readonly api: { readonly url: string; readonly token: string }
  readonly lake: {
    readonly endpoint: string
    readonly bucket: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }
  readonly cacheFolder: string
  /** Where events are counted; undefined: in this process. */
  readonly clickHouse: ClickHouseConfiguration | undefined
}

export const usage =
  `usage: npm run batch -- [${Work.options.join('|')}] [--environment ID] ` +
  `[--engine ${EngineChoice.options.join('|')}] [--recount] [--json]\n` +
  '  serve [--every JOB=DURATION ...] [--listen HOST:PORT]\n' +
  '  replay EXPERIMENT/GOAL[@TIME] --environment ID\n' +
  '  bundle EXPERIMENT/GOAL[@TIME] --environment ID [--output FILE]\n' +
  '  compact [--dry-run]\n' +
  '  retain [--older-than DAYS [--kind KIND]] [--dry-run]\n' +
  '  forget --environment ID --key TARGETING_KEY [--key ...] [--dry-run]\n' +
  '  export --environment ID --from DAY --to DAY [--format ndjson|parquet] --output FILE [--dry-run]'

const options = {
  environment: { type: 'string' },
  engine: { type: 'string', default: 'auto' },
  json: { type: 'boolean', default: false },
  recount: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  ...lakeOptions,
  help: { type: 'boolean', default: false },
} as const

export function readCommandLine(args: readonly string[]): Result<CommandLine, Failure> {
  const parsed = parseOptions(args, options, 2)
  if (!parsed.ok) return usageFailure(parsed.problem)
  const { positionals, values } = parsed.value
  const work = Work.safeParse(positionals[0] ?? 'all')
  if (!work.success) return usageFailure(`There is no work called ${positionals[0]}.`)
  const engine = EngineChoice.safeParse(values.engine)
  if (!engine.success) return usageFailure(`There is no engine called ${values.engine}.`)
  const result = readResult(work.data, positionals[1], values.environment)
  if (!result.ok) return usageFailure(result.problem.message)
  if (work.data === 'replay' && !result.value && values.environment !== undefined)
    return usageFailure('replay takes no --environment: a dead letter holds events of several.')
  if (values['dry-run'] && !isLakeWork(work.data))
    return usageFailure(`--dry-run goes with ${lakeWork.join(', ')}.`)
  if (values.recount && work.data !== 'experiments' && work.data !== 'all')
    return usageFailure('--recount goes with experiments and all: operations are always counted anew.')
  const { output, ...others } = values
  const lakeOrder = readLakeOrder(work.data, work.data === 'bundle' ? others : values)
  if (!lakeOrder.ok) return usageFailure(lakeOrder.problem.message)
  return ok({
    work: work.data,
    environmentId: values.environment,
    engine: engine.data,
    isDryRun: values['dry-run'],
    isRecount: values.recount,
    lakeOrder: lakeOrder.value,
    ...(result.value && { result: result.value, output }),
    print: values.help ? 'usage' : values.json ? 'json' : 'text',
  })
}

/** Of replay and bundle. A replay without one is of dead letters. */
function readResult(
  work: Work,
  text: string | undefined,
  environment: string | undefined,
): Result<ResultReference | undefined, Failure> {
  const isOfResults = work === 'replay' || work === 'bundle'
  if (text === undefined)
    return work === 'bundle' ? fail('usage', 'bundle needs EXPERIMENT/GOAL[@TIME].') : ok(undefined)
  if (!isOfResults) return fail('usage', `Unexpected argument '${text}': ${work} takes none.`)
  if (environment === undefined) return fail('usage', `${work} needs --environment ID.`)
  return readReference(text)
}

const usageFailure = (message: string) => fail('usage', `${message}\n${usage}`)

const defaultUrl = 'http://127.0.0.1:8787'
/** Of the stack that `npm start` runs: the bucket's local credentials in workers/ingest/wrangler.toml. */
const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' }
const defaultBucket = 'tackline-lake'

const LocalStack = z.object({ url: z.url(), token: z.string().min(1) })

/** `localStack` is the text of .tackline/local.json, if that file exists. */
export function readConfiguration(
  variables: Readonly<Record<string, string | undefined>>,
  localStack: string | undefined,
): Result<Configuration, Failure> {
  const api = readApi(variables, localStack)
  if (!api.ok) return api
  const { url } = api.value
  const isLocal = isLoopback(url)
  const endpoint = variables.TACKLINE_S3_ENDPOINT || (isLocal ? `${url}/cdn-cgi/local/r2/s3` : undefined)
  const accessKeyId = variables.TACKLINE_S3_KEY || (isLocal ? localCredentials.accessKeyId : undefined)
  const secretAccessKey =
    variables.TACKLINE_S3_SECRET || (isLocal ? localCredentials.secretAccessKey : undefined)
  // The local stack's credentials are used for the local stack only. For others nothing is guessed.
  if (!endpoint || !accessKeyId || !secretAccessKey) {
    return fail(
      'usage',
      `The event lake of ${url} needs TACKLINE_S3_ENDPOINT, TACKLINE_S3_KEY and TACKLINE_S3_SECRET.`,
    )
  }
  if (!URL.canParse(endpoint)) return fail('usage', `TACKLINE_S3_ENDPOINT is not a URL: ${endpoint}`)
  const clickHouse = readClickHouse(variables, endpoint)
  if (!clickHouse.ok) return clickHouse
  return ok({
    api: api.value,
    lake: {
      endpoint: endpoint.replace(/\/+$/, ''),
      bucket: variables.TACKLINE_S3_BUCKET || defaultBucket,
      accessKeyId,
      secretAccessKey,
    },
    cacheFolder: path.resolve(variables.TACKLINE_LAKE_CACHE || path.join('.tackline', 'lake')),
    clickHouse: clickHouse.value,
  })
}

/** The local stack's token is sent to the local stack only, whatever TACKLINE_URL says. */
function readApi(
  { TACKLINE_URL, TACKLINE_TOKEN }: Readonly<Record<string, string | undefined>>,
  localStack: string | undefined,
): Result<Configuration['api'], Failure> {
  if (TACKLINE_URL && !/^https?:/.test(URL.parse(TACKLINE_URL)?.protocol ?? '')) {
    return fail('usage', `TACKLINE_URL is not a URL: ${TACKLINE_URL}`)
  }
  if (TACKLINE_TOKEN) return ok({ url: withoutSlash(TACKLINE_URL || defaultUrl), token: TACKLINE_TOKEN })
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
  return ok({ url, token: local.data.token })
}

const withoutSlash = (url: string) => url.replace(/\/+$/, '')

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
