// What ingest tells the Durable Objects that count live, and what the admin API asks them, without the
// classes behind them. Hours are numbered from the epoch, in UTC.
import type { IntakeCounts } from '../../analytics/intake.ts'
import type { JobName, JobRunReport } from '../../core/model/job-run.ts'
import type { PropagationStore, RevisionCount } from './propagation-contract.ts'

/** One variation in one hour of receipt. */
export interface VariationCount {
  readonly flagKey: string
  readonly variationId: string
  readonly hour: number
  readonly evaluations: number
  /** An encoded sketch of the targeting keys (workers/live/user-sketch.ts). */
  readonly users: Uint8Array
  /** Epoch milliseconds by edge's clock; 0 of events of goals, whose flag key is the event's name. */
  readonly lastSeenAt: number
}

export interface FlagHours {
  /** When counts were last added for any flag of the shard; null if never. */
  readonly asOf: number | null
  readonly totals: readonly {
    readonly variationId: string
    readonly evaluations: number
    readonly users: number
  }[]
  /** Newest first. */
  readonly hours: readonly {
    readonly variationId: string
    readonly hour: number
    readonly evaluations: number
    readonly users: number
  }[]
  /** Exposures of the shard's flags that were beyond its limit, and so are in no count. */
  readonly uncounted: number
}

export interface FlagCounter {
  /** A batch that was added before is not added again. */
  add(batchId: string, environmentId: string, counts: readonly VariationCount[]): unknown
  read(flagKey: string, fromHour: number): FlagHours | Promise<FlagHours>
}

/** Values by attribute. */
export type AttributeValues = readonly (readonly [name: string, values: readonly string[]])[]

export interface KnownAttribute {
  readonly name: string
  /** Epoch milliseconds of the start of the UTC day in which it was last seen. */
  readonly lastSeenAt: number
  /** Whether it had so many values that none are kept. */
  readonly hasManyValues: boolean
}

export interface IntakeHours {
  readonly asOf: number | null
  /** Newest first. */
  readonly hours: readonly { readonly hour: number; readonly counts: IntakeCounts }[]
}

export interface IntakeStore extends PropagationStore {
  /** A batch that was added before is not added again. */
  add(
    batchId: string,
    environmentId: string,
    counts: IntakeCounts,
    attributes: AttributeValues,
    exposed?: readonly RevisionCount[],
  ): unknown
  readIntake(fromHour: number): IntakeHours | Promise<IntakeHours>
  /**
   * The failure that people have to be told of, if there is one, until `noteFailureTold`. `runsToTell`: how
   * many runs in a row have to fail.
   */
  noteJobRun(
    run: JobRun,
    failedRunsUntilTold?: number,
  ): FailingJob | undefined | Promise<FailingJob | undefined>
  noteFailureTold(job: JobName, since: number): unknown
  jobRuns(): readonly NewestJobRun[] | Promise<readonly NewestJobRun[]>
  /** Names that begin with the prefix and come after `after`, in order. */
  attributes(query: AttributeQuery): KnownAttributes | Promise<KnownAttributes>
  /** The same of the values of one attribute. */
  attributeValues(name: string, query: AttributeQuery): KnownValues | Promise<KnownValues>
}

/** A job that fails. */
export interface FailingJob {
  /** Epoch milliseconds: when the first of the runs began. */
  readonly since: number
  /** When the newest of them began. */
  readonly newest: number
  readonly runs: number
}

export type JobRun = JobRunReport & { readonly job: JobName }

/** `doneAt` is when the newest run without failures began. */
export type NewestJobRun = JobRun & { readonly doneAt: number | null }

export interface AttributeQuery {
  readonly prefix: string
  readonly after: string | undefined
  readonly limit: number
}

export interface KnownAttributes {
  readonly asOf: number | null
  readonly attributes: readonly KnownAttribute[]
}

export interface KnownValues {
  readonly asOf: number | null
  readonly values: readonly string[]
}
