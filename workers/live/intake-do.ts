// The Durable Object that counts the intake of one environment by hour, measures how much of its quota is
// used in this minute, and keeps the attributes that were seen, for autocomplete, the runner's last runs, and
// how fast published revisions reached edge. Once a day it looks for stale flags.
import { DurableObject } from 'cloudflare:workers'
import type { IntakeCount, IntakeCounts } from '../../analytics/intake.ts'
import { isFailureToTell, type JobName } from '../../core/model/job-run.ts'
import { settingsId } from '../../core/model/environment-state.ts'
import type { FindingTeller } from '../contracts/finding-contract.ts'
import type { IntakeMeter, IntakeTotals } from '../contracts/intake-contract.ts'
import type {
  AttributeQuery,
  AttributeValues,
  FailingJob,
  IntakeHours,
  IntakeStore,
  JobRun,
  KnownAttributes,
  KnownValues,
  NewestJobRun,
} from '../contracts/live-contract.ts'
import type { PublicationPage, RevisionCount } from '../contracts/propagation-contract.ts'
import { logError } from '../http/log.ts'
import { openDatabase } from '../storage/database.ts'
import { readEntity } from '../storage/entities.ts'
import { createJobFailures, noteFailureTold, noteJobFailure, untoldFailure } from './job-failures.ts'
import { createJobRuns, newestJobRuns, noteJobRun } from './job-runs.ts'
import { addBatch, createAddedBatches, forgetBatches } from './added-batches.ts'
import {
  addExposed,
  createPublications,
  forgetPublications,
  listPublications,
  notePublication,
} from './publications.ts'
import {
  createAttributes,
  forgetAttributes,
  listAttributes,
  listValues,
  seeAttributes,
} from './seen-attributes.ts'
import { createStaleFlags, findStaleFlags, noteStaleTold, staleAfterDaysDefault } from './stale-flags.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const keptHours = 30 * 24
const forgetEveryMs = 24 * hourMs
/** How long the settings that were read are used. */
const settingsForMs = 60_000

/** An isolate reports so often; less often if there are so many isolates that the object had much to do. */
const reportInMs = 10_000
const reportRarelyInMs = 25_000
const reportsPerMinuteMax = 6_000

interface IntakeBindings {
  readonly DB: D1Database
  readonly ENVIRONMENT: DurableObjectNamespace
}

export class Intake extends DurableObject<IntakeBindings> implements IntakeMeter, IntakeStore {
  readonly #storage = this.ctx.storage
  readonly #sql = this.ctx.storage.sql
  /** Not stored: whoever forgets it lets too many in, for a minute. */
  #minute = { number: 0, accepted: 0, reports: 0 }
  #unlisted: { readAt: number; names: ReadonlySet<string> } | undefined

  constructor(ctx: DurableObjectState, env: IntakeBindings) {
    super(ctx, env)
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS intake
         (hour INTEGER, name TEXT, events REAL, PRIMARY KEY (hour, name)) WITHOUT ROWID;
       ${createAttributes};
       ${createJobRuns};
       ${createPublications};
       ${createJobFailures};
       ${createStaleFlags};
       ${createAddedBatches}`,
    )
  }

  async report(counts: IntakeCounts): Promise<IntakeTotals> {
    const now = Date.now()
    const number = Math.floor(now / minuteMs)
    if (this.#minute.number !== number) this.#minute = { number, accepted: 0, reports: 0 }
    this.#minute.accepted += counts.accepted ?? 0
    this.#minute.reports++
    this.#count(counts, now)
    await this.#noteAddition(now)
    return {
      acceptedThisMinute: this.#minute.accepted,
      nextInMs: this.#minute.reports > reportsPerMinuteMax ? reportRarelyInMs : reportInMs,
    }
  }

  async add(
    batchId: string,
    environmentId: string,
    counts: IntakeCounts,
    attributes: AttributeValues,
    exposed: readonly RevisionCount[] = [],
  ): Promise<void> {
    const now = Date.now()
    const unlisted =
      attributes.length === 0 ? new Set<string>() : await this.#unlistedNames(environmentId, now)
    this.#storage.transactionSync(() => {
      if (!addBatch(this.#sql, batchId, now)) return
      this.#count(counts, now)
      if (unlisted) seeAttributes(this.#sql, attributes, unlisted, now)
      addExposed(this.#sql, exposed)
    })
    await this.#noteAddition(now)
  }

  async readIntake(fromHour: number): Promise<IntakeHours> {
    const rows = this.#sql
      .exec<{ hour: number; name: string; events: number }>(
        'SELECT hour, name, events FROM intake WHERE hour >= ? ORDER BY hour DESC, name',
        fromHour,
      )
      .toArray()
    const byHour = Map.groupBy(rows, ({ hour }) => hour)
    const hours = [...byHour].map(([hour, own]) => ({
      hour,
      counts: Object.fromEntries(own.map(({ name, events }) => [name, events])) as IntakeCounts,
    }))
    return { asOf: await this.#asOf(), hours }
  }

  async notePublication(environmentId: string, revision: number, at: number): Promise<void> {
    await this.#storage.put('environmentId', environmentId)
    notePublication(this.#sql, revision, at)
    await this.#armForgetting(Date.now())
  }

  async publications(before: number, limit: number): Promise<PublicationPage> {
    return { asOf: await this.#asOf(), publications: listPublications(this.#sql, before, limit) }
  }

  noteJobRun(run: JobRun, failedRunsUntilTold?: number): FailingJob | undefined {
    noteJobRun(this.#sql, run)
    const newest = newestJobRuns(this.#sql).find(({ job }) => job === run.job)!
    noteJobFailure(this.#sql, run, newest.doneAt)
    const failure = untoldFailure(this.#sql, run.job)
    return failure && isFailureToTell(newest, failure, newest.doneAt, failedRunsUntilTold)
      ? failure
      : undefined
  }

  noteFailureTold(job: JobName, since: number): void {
    noteFailureTold(this.#sql, job, since)
  }

  jobRuns(): NewestJobRun[] {
    return newestJobRuns(this.#sql)
  }

  async attributes(query: AttributeQuery): Promise<KnownAttributes> {
    return { asOf: await this.#asOf(), attributes: listAttributes(this.#sql, query) }
  }

  async attributeValues(name: string, query: AttributeQuery): Promise<KnownValues> {
    return { asOf: await this.#asOf(), values: listValues(this.#sql, name, query) }
  }

  override async alarm(): Promise<void> {
    const now = Date.now()
    const isAnyInUse = await this.#tellStaleFlags(now)
    this.#sql.exec('DELETE FROM intake WHERE hour < ?', Math.floor(now / hourMs) - keptHours)
    forgetAttributes(this.#sql, now)
    forgetBatches(this.#sql, now)
    forgetPublications(this.#sql, now)
    const some = this.#sql
      .exec('SELECT 1 FROM intake UNION SELECT 1 FROM attribute UNION SELECT 1 FROM published LIMIT 1')
      .toArray()
    if (some.length > 0 || isAnyInUse) await this.#storage.setAlarm(now + forgetEveryMs)
  }

  /** Resolves to whether there is something to look at tomorrow. What could not be told is told then. */
  async #tellStaleFlags(now: number): Promise<boolean> {
    const environmentId = await this.#storage.get<string>('environmentId')
    if (environmentId === undefined) return false
    try {
      const { DB, ENVIRONMENT } = this.env
      const database = openDatabase(DB)
      const settings = await readEntity(database, environmentId, 'settings', settingsId)
      const before = now - (settings?.staleAfterDays ?? staleAfterDaysDefault) * dayMs
      const { untold, isAnyInUse } = await findStaleFlags(this.#sql, database, environmentId, before)
      if (untold.length === 0) return isAnyInUse
      const object = ENVIRONMENT.get(ENVIRONMENT.idFromName(environmentId)) as unknown as FindingTeller
      await object.tell(
        environmentId,
        untold.map((flag) => ({ kind: 'flag.stale', ...flag })),
      )
      for (const flag of untold) noteStaleTold(this.#sql, flag)
      return isAnyInUse
    } catch (cause) {
      logError('stale flags', cause)
      return true
    }
  }

  #count(counts: IntakeCounts, now: number): void {
    const hour = Math.floor(now / hourMs)
    for (const [name, events] of Object.entries(counts) as [IntakeCount, number][])
      this.#sql.exec(
        'INSERT INTO intake VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET events = events + excluded.events',
        hour,
        name,
        events,
      )
  }

  async #noteAddition(now: number): Promise<void> {
    await this.#storage.put('addedAt', now)
    await this.#armForgetting(now)
  }

  async #armForgetting(now: number): Promise<void> {
    if ((await this.#storage.getAlarm()) === null) await this.#storage.setAlarm(now + forgetEveryMs)
  }

  async #asOf(): Promise<number | null> {
    return (await this.#storage.get<number>('addedAt')) ?? null
  }

  /** Undefined if the settings cannot be read. */
  async #unlistedNames(environmentId: string, now: number): Promise<ReadonlySet<string> | undefined> {
    const known = this.#unlisted
    if (known && known.readAt > now - settingsForMs) return known.names
    try {
      const settings = await readEntity(openDatabase(this.env.DB), environmentId, 'settings', settingsId)
      const names = new Set(settings?.unlistedAttributes)
      this.#unlisted = { readAt: now, names }
      return names
    } catch (cause) {
      logError('settings', cause)
      return known?.names
    }
  }
}
