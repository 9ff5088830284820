// The Durable Object of one environment. Executes one command at a time, and publishes every revision that D1
// holds. Decisions are made in core/change; writer.ts has the steps of a change, snapshot-retention.ts the
// archiving of old snapshots.
import { DurableObject } from 'cloudflare:workers'
import { type EntityKind, withWrites } from '../../../core/model/environment-state.ts'
import {
  type HeldLease,
  type Lease,
  type LeaseName,
  type LeaseRequest,
  decideLease,
} from '../../../core/model/lease.ts'
import { nextChangeAt } from '../../../core/model/next-change.ts'
import type { Problem } from '../../../core/model/problem.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import { type Dependent, dependentsOf } from '../../../core/change/dependents.ts'
import type { Finding } from '../../../core/change/system-message.ts'
import type {
  CommandAnswer,
  CommandRequest,
  CreationRequest,
  Head,
} from '../../contracts/environment-contract.ts'
import type { FindingTeller } from '../../contracts/finding-contract.ts'
import { logError } from '../../http/log.ts'
import { notePublication } from '../../live/live-counters.ts'
import { loadEnvironment, newestRevision } from '../../storage/configuration.ts'
import { openDatabase } from '../../storage/database.ts'
import { dueWebhooks } from '../../storage/deliveries.ts'
import { modifiedAtOf, valuesAt } from '../../storage/history.ts'
import { ownersOfKeys } from '../../storage/imported-keys.ts'
import { readArchivedMembers, readMembers } from '../../storage/members.ts'
import {
  type EncodedSnapshot,
  archiveSnapshot,
  clearSnapshot,
  publishSnapshot,
  readSnapshotText,
  unmapForeignKey,
} from '../../storage/snapshots.ts'
import { addListener, notifyListeners } from '../../streams/listeners.ts'
import type { Notifier } from '../../streams/notifier.ts'
import { type Senders, wakeAll } from '../webhooks/wake.ts'
import { dueRetryMs, makeDueChanges } from './due-changes.ts'
import { tellFindings } from './finding-teller.ts'
import { type RecentEnvironments, recentEnvironmentsName } from './recent-environments-do.ts'
import { type ResultRequest, writeResult } from './result-writer.ts'
import { type SnapshotRetention, openSnapshotRetention } from './snapshot-retention.ts'
import { type Unpublished, afterFailure, repairAfterMs, repairDelayMs } from './unpublished.ts'
import {
  type WriterState,
  type WriterPorts,
  continueAfter,
  createEnvironment,
  encode,
  execute,
  snapshotOf,
} from './writer.ts'

/** If the archive could not be reached. */
const archiveRetryMs = 30_000
/** If D1 could not say whom to wake, or somebody could not be woken. */
const wakeRetryMs = 30_000
const armedAheadMsMax = 365 * 86_400_000
/** The longest that a caller may wait for a revision. */
const waitMaxMs = 10_000

interface PublishedMark {
  readonly environmentId: string
  readonly revision: number
}

/** The bindings of its Worker that the object uses. */
export interface EnvironmentBindings {
  readonly DB: D1Database
  readonly SNAPSHOTS: KVNamespace
  readonly LAKE: R2Bucket
  readonly INTAKE: DurableObjectNamespace
  readonly NOTIFIER: DurableObjectNamespace<Notifier>
  readonly RECENT: DurableObjectNamespace<RecentEnvironments>
  readonly WEBHOOK_SENDER: Senders
}

/** Abstract, because only the Worker's entry (control/index.ts) knows a vendor's file format. */
export abstract class EnvironmentObject extends DurableObject<EnvironmentBindings> implements FindingTeller {
  /** Differs exactly if the bucketing file does. */
  protected abstract bucketingFileFingerprint(snapshot: Snapshot): string

  readonly #memory: WriterState = { current: undefined }
  readonly #ports: WriterPorts
  readonly #retention: SnapshotRetention
  /** The last task that was started or is waiting. */
  #lastTask: Promise<unknown> = Promise.resolve()
  /** Whether this instance has checked that every committed revision is published. */
  #isRepaired = false
  /** Repairs in a row that could not read D1. */
  #unreadable = 0
  /** Called at every publication. */
  readonly #waiters = new Set<() => void>()

  constructor(ctx: DurableObjectState, env: EnvironmentBindings) {
    super(ctx, env)
    this.#retention = openSnapshotRetention(ctx.storage.sql)
    this.#ports = {
      database: openDatabase(env.DB),
      now: () => Date.now(),
      newId: () => crypto.randomUUID(),
      armRepair: () => this.#arm(repairAfterMs),
      publish: (encoded) => this.#publish(encoded),
      wake: (environmentId, ids) => ctx.waitUntil(wakeAll(env.WEBHOOK_SENDER, environmentId, ids)),
      bucketingFileFingerprint: (snapshot) => this.bucketingFileFingerprint(snapshot),
    }
  }

  create(request: CreationRequest): Promise<CommandAnswer> {
    return this.#serialize(async () => {
      const { RECENT } = this.env
      await RECENT.get(RECENT.idFromName(recentEnvironmentsName)).add(request.environmentId)
      await this.ctx.storage.put('environmentId', request.environmentId)
      return createEnvironment(this.#ports, request)
    })
  }

  execute(request: CommandRequest): Promise<CommandAnswer> {
    return this.#serialize(async () => {
      const answer = await execute(this.#ports, this.#memory, request)
      const next = this.#memory.current && nextChangeAt(this.#memory.current.state)
      if (next !== undefined) await this.#armAt(next)
      return answer
    })
  }

  /** Undefined if it is stored, or said nothing new. */
  storeResult(request: ResultRequest): Promise<Problem | undefined> {
    return this.#serialize(async () => {
      await this.ctx.storage.put('environmentId', request.environmentId)
      return writeResult(this.#ports, this.#memory, request)
    })
  }

  tell(environmentId: string, findings: readonly Finding[]): Promise<void> {
    return this.#serialize(async () => {
      await this.ctx.storage.put('environmentId', environmentId)
      await tellFindings(this.#ports, this.#memory, environmentId, findings)
    })
  }

  /** Atomic: nothing else comes between the read and the write of the object's storage. */
  async lease(name: LeaseName, request: LeaseRequest): Promise<Lease> {
    const key = `lease:${name}`
    const { answer, next } = decideLease(await this.ctx.storage.get<HeldLease>(key), request, Date.now())
    await (next ? this.ctx.storage.put(key, next) : this.ctx.storage.delete(key))
    return answer
  }

  /** The newest revision that edge can read. */
  async head(environmentId: string): Promise<Head> {
    if (!this.#isRepaired && (await this.#waitMs()) <= 0) {
      await this.#serialize(() => this.#repair(environmentId))
      this.ctx.waitUntil(this.#makeDueChanges(environmentId))
    }
    const mark = await this.ctx.storage.get<PublishedMark>('published')
    if (!mark) return { status: 'unknown' }
    const known = { status: 'known', revision: mark.revision } as const
    const unpublished = await this.#unpublished()
    if (!unpublished) return known
    const { revision, since, attempts } = unpublished
    return { ...known, unpublished: { revision, since, attempts } }
  }

  /** The newest revision that edge can read, once it has reached `revision` or the time is up. */
  async waitFor(environmentId: string, revision: number, withinMs: number): Promise<Head> {
    const until = Date.now() + Math.min(withinMs, waitMaxMs)
    for (;;) {
      const head = await this.head(environmentId)
      const remainingMs = until - Date.now()
      if (head.status === 'unknown' || head.revision >= revision || remainingMs <= 0) return head
      await this.#nextPublication(remainingMs)
    }
  }

  /** Registers a notifier for every later publication. Returns the newest revision, or 0. */
  async listen(environmentId: string, shard: string): Promise<number> {
    await addListener(this.ctx.storage, shard)
    const head = await this.head(environmentId)
    return head.status === 'known' ? head.revision : 0
  }

  /** The newest snapshot, for edge if it cannot read KV. */
  async snapshot(environmentId: string): Promise<Snapshot | undefined> {
    const current = await this.#serialize(() => this.#current(environmentId))
    return current && snapshotOf(environmentId, current)
  }

  /** The member hashes of a large segment, for edge if it cannot read KV. */
  async members(environmentId: string, sha256: string): Promise<ArrayBuffer | undefined> {
    const published = await readMembers(this.env.SNAPSHOTS, environmentId, sha256).catch(() => null)
    return published ?? readArchivedMembers(this.env.LAKE, environmentId, sha256)
  }

  /** What depends on an entity; undefined if it does not exist. */
  async dependents(environmentId: string, kind: EntityKind, id: string): Promise<Dependent[] | undefined> {
    const current = await this.#serialize(() => this.#current(environmentId))
    return current?.state[kind].has(id) ? dependentsOf(current.state, kind, id) : undefined
  }

  /** Armed before every write, so that D1's newest revision is published even after a crash. */
  override async alarm(): Promise<void> {
    const environmentId = await this.ctx.storage.get<string>('environmentId')
    if (environmentId === undefined) return
    await this.#serialize(() => this.#repair(environmentId))
    await this.#makeDueChanges(environmentId)
    await this.#wakeDue(environmentId)
    await this.#archiveOldSnapshots(environmentId) // not serialized: a slow archive must not delay changes
  }

  /**
   * For D1 that was restored, wholly or to an earlier time: nothing that is remembered of it is true any
   * more.
   */
  async publishAnew(environmentId: string): Promise<Head> {
    const { RECENT } = this.env
    await RECENT.get(RECENT.idFromName(recentEnvironmentsName)).add(environmentId)
    const isRepaired = await this.#serialize(async () => {
      this.#memory.current = undefined
      await this.ctx.storage.put('environmentId', environmentId)
      return this.#repair(environmentId)
    })
    if (!isRepaired) return { status: 'unknown' }
    await this.#makeDueChanges(environmentId)
    return this.head(environmentId)
  }

  /** Whether D1 could be read. */
  async #repair(environmentId: string): Promise<boolean> {
    try {
      const mark = await this.ctx.storage.get<PublishedMark>('published')
      const found = await newestRevision(this.#ports.database, environmentId)
      const isPutBack = found !== undefined && mark !== undefined && found < mark.revision
      if (isPutBack) await continueAfter(this.#ports, environmentId, found, mark.revision)
      const newest = isPutBack ? mark.revision + 1 : found
      this.#isRepaired = true
      if (newest !== undefined && newest !== mark?.revision) {
        if (this.#memory.current?.revision !== newest)
          this.#memory.current = await loadEnvironment(this.#ports.database, environmentId)
        const { current } = this.#memory
        if (current) await this.#publish(encode(environmentId, current))
      }
      this.#unreadable = 0
      return true
    } catch (cause) {
      logError('repair', cause) // the alarm tries again
      await this.#arm(repairDelayMs(++this.#unreadable))
      return false
    }
  }

  async #makeDueChanges(environmentId: string): Promise<void> {
    try {
      const { database, now } = this.#ports
      const run = (request: CommandRequest) =>
        this.#serialize(() => execute(this.#ports, this.#memory, request))
      const at = await makeDueChanges({ database, now, execute: run }, environmentId)
      if (at !== undefined) await this.#armAt(at)
    } catch (cause) {
      logError('due change', cause)
      await this.#arm(dueRetryMs)
    }
  }

  /** Webhooks that were not woken after the change that they are to be told of, because of a crash. */
  async #wakeDue(environmentId: string): Promise<void> {
    try {
      const due = await dueWebhooks(this.#ports.database, environmentId, Date.now())
      const missed = await wakeAll(this.env.WEBHOOK_SENDER, environmentId, due)
      if (missed > 0) await this.#arm(wakeRetryMs)
    } catch (cause) {
      logError('wake', cause)
      await this.#arm(wakeRetryMs)
    }
  }

  async #publish(encoded: EncodedSnapshot): Promise<boolean> {
    const { environmentId, revision } = encoded.snapshot
    try {
      await publishSnapshot(this.env.SNAPSHOTS, encoded)
      await this.#unmapReleasedKeys(encoded)
    } catch (cause) {
      logError('publish', cause)
      const unpublished = afterFailure(await this.#unpublished(), revision, Date.now())
      await this.ctx.storage.put({ unpublished, environmentId })
      await this.ctx.storage.setAlarm(unpublished.retryAt) // instead of any earlier one
      return false
    }
    const publishedAt = Date.now()
    this.#retention.recordPublication(revision, publishedAt)
    const mark: PublishedMark = { environmentId, revision }
    await this.ctx.storage.put({ published: mark, environmentId })
    await this.ctx.storage.delete('unpublished')
    for (const wake of this.#waiters) wake()
    this.ctx.waitUntil(notifyListeners(this.ctx.storage, this.env.NOTIFIER, revision))
    this.ctx.waitUntil(notePublication(this.env, environmentId, revision, publishedAt))
    return true
  }

  /** KV forgets the imported keys that the environment owned at the last publication and owns no more. */
  async #unmapReleasedKeys({ importedKeys }: EncodedSnapshot): Promise<void> {
    const mapped = (await this.ctx.storage.get<string[]>('importedKeys')) ?? []
    const released = mapped.filter((sha256) => !importedKeys.includes(sha256))
    const owners = await ownersOfKeys(this.#ports.database, released) // another environment, by now
    const free = released.filter((sha256) => !owners.has(sha256))
    await Promise.all(free.map((sha256) => unmapForeignKey(this.env.SNAPSHOTS, sha256)))
    if (mapped.length > 0 || importedKeys.length > 0) await this.ctx.storage.put('importedKeys', importedKeys)
  }

  readonly #unpublished = () => this.ctx.storage.get<Unpublished>('unpublished')

  /** How long until an unpublished revision is tried again. */
  readonly #waitMs = async () => ((await this.#unpublished())?.retryAt ?? 0) - Date.now()

  async #archiveOldSnapshots(environmentId: string): Promise<void> {
    try {
      const isDone = await this.#retention.run({
        textAt: (revision) => this.#textAt(environmentId, revision),
        archive: (revision, text) => archiveSnapshot(this.env.LAKE, environmentId, revision, text),
        clear: (revision) => clearSnapshot(this.env.SNAPSHOTS, environmentId, revision),
        now: () => Date.now(),
      })
      if (!isDone) await this.#arm(Math.max(repairAfterMs, await this.#waitMs()))
    } catch (cause) {
      logError('archive', cause)
      await this.#arm(Math.max(archiveRetryMs, await this.#waitMs()))
    }
  }

  /** The published text. A revision that was never published, because a newer one was, is rebuilt from D1. */
  async #textAt(environmentId: string, revision: number): Promise<string | undefined> {
    const published = await readSnapshotText(this.env.SNAPSHOTS, environmentId, revision)
    if (published !== null) return published
    const { database } = this.#ports
    // read before the past values, so that these reach back from this state or a newer one
    const newest = await loadEnvironment(database, environmentId)
    const past = await valuesAt(database, environmentId, revision)
    const modifiedAt = await modifiedAtOf(database, environmentId, revision)
    if (!newest || modifiedAt === undefined) return undefined
    return JSON.stringify(
      snapshotOf(environmentId, {
        revision,
        modifiedAt,
        state: withWrites(newest.state, past),
      }),
    )
  }

  async #current(environmentId: string) {
    this.#memory.current ??= await loadEnvironment(this.#ports.database, environmentId)
    return this.#memory.current
  }

  readonly #arm = (afterMs: number) => this.#armAt(Date.now() + afterMs)

  /**
   * Keeps an earlier alarm: frequent changes must not postpone it forever. One for a later year is armed for
   * a look in between, because the platform takes no alarm after 2189.
   */
  async #armAt(wanted: number): Promise<void> {
    const at = Math.min(wanted, Date.now() + armedAheadMsMax)
    const armed = await this.ctx.storage.getAlarm()
    if (armed === null || armed > at) await this.ctx.storage.setAlarm(at)
  }

  #nextPublication(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiters.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, withinMs)
      this.#waiters.add(wake)
    })
  }

  /** Starts each task after the previous one has ended, because other requests run during calls to D1. */
  #serialize<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#lastTask.then(task, task)
    this.#lastTask = result.catch(() => undefined)
    return result
  }
}
