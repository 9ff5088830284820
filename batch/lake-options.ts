// The options of work on the lake: what to compact, delete, forget or export.
import { recordKinds } from '../analytics/records.ts'
import { ok, type Result } from '../core/model/problem.ts'
import type { Retention } from '../core/model/retention.ts'
import { type Failure, fail } from './failure.ts'
import { type ExportOrder, exportFormats } from './jobs/export.ts'

export const lakeWork = ['compact', 'retain', 'forget', 'export'] as const
export type LakeWork = (typeof lakeWork)[number]

export const isLakeWork = (work: string): work is LakeWork => (lakeWork as readonly string[]).includes(work)

export type LakeOrder =
  | { readonly work: 'compact' }
  /** Without a retention, each environment's settings say it. */
  | { readonly work: 'retain'; readonly retention: Retention | undefined }
  | { readonly work: 'forget'; readonly targetingKeys: readonly string[] }
  | ({ readonly work: 'export' } & ExportOrder)

export const lakeOptions = {
  'older-than': { type: 'string' },
  kind: { type: 'string' },
  key: { type: 'string', multiple: true },
  from: { type: 'string' },
  to: { type: 'string' },
  format: { type: 'string' },
  output: { type: 'string' },
} as const

type Values = {
  readonly [Name in keyof typeof lakeOptions]?: Name extends 'key' ? string[] : string
} & { readonly environment?: string | undefined }

/** What each work takes besides --environment and --dry-run. */
const takes: Readonly<Record<LakeWork, readonly (keyof typeof lakeOptions)[]>> = {
  compact: [],
  retain: ['older-than', 'kind'],
  forget: ['key'],
  export: ['from', 'to', 'format', 'output'],
}

const dayMs = 86_400_000
const usage = (message: string) => fail('usage', message)

/** Undefined if the work is not on the lake. */
export function readLakeOrder(work: string, values: Values): Result<LakeOrder | undefined, Failure> {
  const allowed = isLakeWork(work) ? takes[work] : []
  for (const name of Object.keys(lakeOptions) as (keyof typeof lakeOptions)[])
    if (values[name] !== undefined && !allowed.includes(name)) return usage(`${work} takes no --${name}.`)
  if (!isLakeWork(work)) return ok(undefined)
  switch (work) {
    case 'compact':
      return ok({ work })
    case 'retain':
      return readRetention(values)
    case 'forget':
      return readUsers(values)
    case 'export':
      return readExport(values)
    default:
      return work satisfies never
  }
}

function readRetention(values: Values): Result<LakeOrder, Failure> {
  const { kind, 'older-than': olderThan } = values
  if (olderThan === undefined)
    return kind === undefined
      ? ok({ work: 'retain', retention: undefined })
      : usage('--kind goes with --older-than DAYS.')
  const days = Number(olderThan)
  if (!Number.isInteger(days) || days < 1)
    return usage('--older-than takes DAYS, a whole number of at least 1.')
  if (kind !== undefined && !recordKinds.includes(kind))
    return usage(`There is no --kind ${kind}; there are: ${recordKinds.join(', ')}.`)
  const retention =
    kind === undefined ? { allDays: days, kindDays: {} } : { allDays: undefined, kindDays: { [kind]: days } }
  return ok({ work: 'retain', retention })
}

function readUsers({ key, environment }: Values): Result<LakeOrder, Failure> {
  if (environment === undefined) return usage('forget needs --environment ID.')
  if (!key || key.some((each) => each === '' || /[\r\n]/.test(each)))
    return usage('forget needs --key TARGETING_KEY, once for each user; a key is one line and not empty.')
  return ok({ work: 'forget', targetingKeys: [...new Set(key)] })
}

function readExport({
  environment,
  from,
  to,
  format = 'ndjson',
  output,
}: Values): Result<LakeOrder, Failure> {
  if (environment === undefined) return usage('export needs --environment ID.')
  if (output === undefined) return usage('export needs --output FILE.')
  if (!Object.hasOwn(exportFormats, format))
    return usage(`There is no --format ${format}; there are: ${Object.keys(exportFormats).join(', ')}.`)
  const [first, last] = [toDay(from), toDay(to)]
  if (first === undefined || last === undefined || first > last)
    return usage('export needs --from DAY and --to DAY, both included, in UTC: 2026-11-21.')
  const window = { from: first, to: last + dayMs }
  return ok({ work: 'export', window, format: format as keyof typeof exportFormats, output })
}

/** Its begin, in epoch milliseconds. */
function toDay(text = ''): number | undefined {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  const isDay = !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) // no 30 February
  return isDay ? time : undefined
}
