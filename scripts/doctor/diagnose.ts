// What is wrong with an installation, from what it says of itself. Pure.
import { snapshotBytesMax } from '../../core/model/limits.ts'
import { unknownMigrations } from '../deploy/installation.ts'
import { monthlyCost } from '../deploy/monthly-cost.ts'

/** Of the answers of the admin API, what matters here. Undefined: it refused or did not answer. */
export interface EnvironmentFacts {
  readonly id: string
  /** Newest in D1. */
  readonly revision: number
  readonly published: Asked<{ revision: number; unpublished?: { attempts: number } | undefined }>
  /** Bytes of what KV holds. */
  readonly snapshot: Asked<{ revision: number; bytes: number }>
  readonly keys: Asked<readonly { disabled: boolean }[]>
  /** Of 24 hours. */
  readonly intake: Asked<{ total: Counts; hours: readonly { hour: number; accepted: number }[] }>
  readonly jobs: Asked<readonly JobFacts[]>
}

interface Counts {
  readonly accepted: number
  readonly stored: number
  readonly duplicates: number
  readonly bad: number
  readonly deadLetters: number
}

interface JobFacts {
  readonly job: string
  /** Epoch milliseconds. Null: never. */
  readonly doneAt: number | null
  readonly isLate: boolean
  readonly failures: readonly string[]
}

/** An answer, or why there is none. */
export type Asked<T> = { readonly answer: T } | { readonly refusal: string }

export interface Facts {
  readonly url: string
  /** Status of `GET /healthz`; undefined: no answer. */
  readonly health: number | undefined
  readonly ready: { readonly status: number; readonly kv: string; readonly environment: string } | undefined
  readonly installation: Asked<{
    migrations: readonly string[]
    databaseBytes: number
    kv: string
    r2: string
    deadLetterObjects: number | null
    /** The server's clock, less this machine's, in milliseconds. */
    clockAheadMs: number
  }>
  readonly environments: Asked<readonly EnvironmentFacts[]>
  /** Names of the migrations of this clone. */
  readonly files: readonly string[]
  /** Epoch milliseconds. */
  readonly now: number
}

export interface Finding {
  readonly level: 'fine' | 'note' | 'wrong'
  readonly about: string
  readonly message: string
}

/** Two machines that keep time differ by less. */
const clockMaxMs = 30_000
/** A change that needs more than the largest snapshot is refused; at this share there is time to act. */
const snapshotShareMax = 0.75
const [freeDatabaseBytes, paidDatabaseBytes] = [500e6, 10e9] // D1's limits, 2026-11-29
const databaseShareMax = 0.8
/** Of what was accepted, so much may miss in the lake: counts of isolates that ended are lost. */
const missingShareMax = 0.1
const hourMs = 3_600_000
const daysPerMonth = 30

const fine = (about: string, message: string): Finding => ({ level: 'fine', about, message })
const note = (about: string, message: string): Finding => ({ level: 'note', about, message })
const wrong = (about: string, message: string): Finding => ({ level: 'wrong', about, message })

export function diagnose(facts: Facts): Finding[] {
  const { url, health, environments } = facts
  if (health === undefined) return [wrong('edge', `nothing answers at ${url}`)]
  return [
    health === 200 ? fine('edge', 'answers') : wrong('edge', `GET /healthz answers ${health}`),
    ...diagnoseSources(facts),
    ...diagnoseInstallation(facts),
    ...whenAsked('environments', environments, (found) => [
      found.length === 0
        ? note('environments', 'the token sees none')
        : fine('environments', `${found.length} looked at`),
      ...found.flatMap((environment) => diagnoseEnvironment(environment, facts.now)),
      ...diagnoseCost(found),
    ]),
  ]
}

const whenAsked = <T>(about: string, asked: Asked<T>, look: (answer: T) => Finding[]): Finding[] =>
  'answer' in asked ? look(asked.answer) : [wrong(about, asked.refusal)]

function diagnoseSources({ ready }: Facts): Finding[] {
  if (ready === undefined) return [wrong('bindings', 'GET /readyz does not answer')]
  const failing = [
    ...(ready.kv === 'ok' ? [] : ['KV']),
    ...(ready.environment === 'ok' ? [] : ["the environments' Durable Objects"]),
  ]
  if (failing.length > 0) return [wrong('bindings', `edge cannot read ${failing.join(' and ')}`)]
  return ready.status === 200
    ? [fine('bindings', 'edge reads KV and Durable Objects')]
    : [wrong('bindings', `GET /readyz answers ${ready.status}`)]
}

function diagnoseInstallation({ installation, files }: Facts): Finding[] {
  return whenAsked('installation', installation, (found) => {
    const { migrations, databaseBytes, kv, r2, deadLetterObjects, clockAheadMs } = found
    const waiting = files.filter((file) => !migrations.includes(file))
    const unknown = unknownMigrations(migrations, files)
    const megabytes = Math.ceil(databaseBytes / 1e6)
    return [
      kv === 'ok' ? fine('KV', 'control reads it') : wrong('KV', 'control cannot read it'),
      r2 === 'ok' ? fine('R2', 'the bucket answers') : wrong('R2', 'the bucket does not answer'),
      Math.abs(clockAheadMs) <= clockMaxMs
        ? fine('clock', 'agrees with the server')
        : wrong('clock', `the server's is ${seconds(clockAheadMs)} from this machine's`),
      ...(unknown.length > 0
        ? [wrong('migrations', `this clone has no ${unknown.join(', ')}: the database is of a newer release`)]
        : []),
      ...(waiting.length > 0
        ? [wrong('migrations', `${waiting.join(', ')} not applied: run npm run deploy`)]
        : [fine('migrations', `${migrations.length} applied, none waits`)]),
      databaseBytes > databaseShareMax * paidDatabaseBytes
        ? wrong('D1', `holds ${megabytes} MB, of 10,000 MB: see the runbook "D1 is full"`)
        : databaseBytes > databaseShareMax * freeDatabaseBytes
          ? note('D1', `holds ${megabytes} MB; Workers Free allows 500 MB`)
          : fine('D1', `holds ${megabytes} MB`),
      deadLetterObjects
        ? wrong('dead letters', `${deadLetterObjects} objects wait for npm run batch -- replay`)
        : fine('dead letters', 'none wait'),
    ]
  })
}

function diagnoseEnvironment(environment: EnvironmentFacts, now: number): Finding[] {
  const { id, revision, published, snapshot, keys, intake, jobs } = environment
  return [
    ...whenAsked(id, published, (head) =>
      head.revision >= revision && head.unpublished === undefined
        ? [fine(id, `revision ${head.revision} is published`)]
        : [wrong(id, `revision ${revision} is not published, ${head.revision} is`)],
    ),
    ...whenAsked(id, snapshot, ({ bytes }) => {
      const share = bytes / snapshotBytesMax
      const message = `the snapshot has ${Math.ceil(bytes / 1000)} kB, ${Math.ceil(100 * share)} % of the largest`
      return [share < snapshotShareMax ? fine(id, message) : wrong(id, message)]
    }),
    ...whenAsked(id, keys, (all) => {
      const valid = all.filter(({ disabled }) => !disabled).length
      return [valid === 0 ? note(id, 'has no valid SDK key') : fine(id, `${valid} valid SDK keys`)]
    }),
    ...whenAsked(id, intake, (report) => diagnoseIntake(id, report, now)),
    ...whenAsked(id, jobs, (runs) =>
      runs.length === 0
        ? [note(id, 'no runner has told of a job: without one no results, no kill switches')]
        : runs.map((run) => diagnoseJob(id, run, now)),
    ),
  ]
}

type Intake = Extract<EnvironmentFacts['intake'], { answer: unknown }>['answer']

function diagnoseIntake(id: string, { total, hours }: Intake, now: number): Finding[] {
  const { accepted, stored, duplicates, bad, deadLetters } = total
  const young = hours.filter(({ hour }) => hour > now - 2 * hourMs)
  const due = accepted - young.reduce((sum, each) => sum + each.accepted, 0)
  const arrived = stored + duplicates + bad + deadLetters
  return [
    arrived < (1 - missingShareMax) * due
      ? wrong(id, `of ${due} events accepted more than an hour ago, ${due - arrived} are not in the lake`)
      : fine(id, `${accepted} events accepted in 24 hours, ${stored} stored`),
    ...(bad > 0 ? [wrong(id, `${bad} events of 24 hours could not be read: see bad/ in the bucket`)] : []),
  ]
}

function diagnoseJob(id: string, { job, doneAt, isLate, failures }: JobFacts, now: number): Finding {
  const done = doneAt === null ? 'never done' : `last done ${((now - doneAt) / hourMs).toFixed(1)} hours ago`
  if (failures.length > 0) return wrong(id, `job ${job} fails, ${done}: ${failures.join('; ')}`)
  return isLate ? wrong(id, `job ${job} is late, ${done}`) : fine(id, `job ${job} ${done}`)
}

/** What events cost a month that is like the last 24 hours. Evaluations are not counted anywhere here. */
function diagnoseCost(environments: readonly EnvironmentFacts[]): Finding[] {
  const accepted = environments.reduce(
    (sum, { intake }) => sum + ('answer' in intake ? intake.answer.total.accepted : 0),
    0,
  )
  if (accepted === 0) return [fine('cost', 'no events in 24 hours')]
  const { dollars, lines, beyondFree } = monthlyCost({
    title: 'now',
    evaluations: 0,
    events: accepted * daysPerMonth,
  })
  const [dearest] = lines.toSorted((a, b) => b.dollars - a.dollars)
  const plan = beyondFree.length === 0 ? '' : `; beyond Workers Free: ${beyondFree.join(', ')}`
  const message = `a month of ${accepted * daysPerMonth} events is about $${dollars.toFixed(2)} on paper, most for ${dearest!.step}${plan}`
  return [beyondFree.length === 0 ? fine('cost', message) : note('cost', message)]
}

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`
