// The Durable Object of one environment: lets one command in at a time, and brings the published revision up
// to D1's newest. Decisions are in core/change, the steps of a change in writer.ts, what becomes of old
// snapshots in shelf.ts.
import { DurableObject } from 'cloudflare:workers'
import { type EntityKind, withWrites } from '../../../core/model/environment-state.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import { type Dependent, dependentsOf } from '../../../core/change/dependents.ts'
import type {
  CommandAnswer,
  CommandRequest,
  CreationRequest,
  Head,
} from '../../contracts/environment-contract.ts'
import { logError } from '../../http/log.ts'
import { loadEnvironment, newestRevision } from '../../storage/configuration.ts'
import { openDatabase } from '../../storage/database.ts'
import { modifiedAtOf, valuesAt } from '../../storage/history.ts'
import { readArchivedMembers, readMembers } from '../../storage/members.ts'
import { archiveSnapshot, clearSnapshot, publishSnapshot, readSnapshotText } from '../../storage/snapshots.ts'
import { addListener, notifyListeners } from '../../streams/listeners.ts'
import type { Notifier } from '../../streams/notifier.ts'
import { type SnapshotRetention, openSnapshotRetention } from './snapshot-retention.ts'
import { type WriterState, type WriterPorts, createEnvironment, execute, snapshotOf } from './writer.ts'

/** How long after a crash the published revision may lag behind D1 before the alarm sees to it. */
const repairAfterMs = 2_000
/** When the archive could not be reached. */
const tidyAgainAfterMs = 30_000
/** How long a caller may wait for a revision. */
const waitMaxMs = 10_000

interface PublishedMark {
  readonly environmentId: string
  readonly revision: number
}

/** What of its Worker's bindings the object uses. */
export interface EnvironmentBindings {
  readonly DB: D1Database
  readonly SNAPSHOTS: KVNamespace
  readonly LAKE: R2Bucket
  readonly NOTIFIER: DurableObjectNamespace<Notifier>
}

/** The entry says what the environment's bucketing file is made of: no vendor's format is known here. */
export abstract class EnvironmentObject extends DurableObject<EnvironmentBindings> {
  /** Changes exactly when the bucketing file does. */
  protected abstract bucketingFileFingerprint(snapshot: Snapshot): string

  readonly #memory: WriterState = { current: undefined }
  readonly #ports: WriterPorts
  readonly #shelf: SnapshotRetention
  #turn: Promise<unknown> = Promise.resolve()
  /** Set once this incarnation has made sure that nothing committed is unpublished. */
  #checked = false
  /** Called at every publication. */
  readonly #waiting = new Set<() => void>()

  constructor(ctx: DurableObjectState, env: EnvironmentBindings) {
    super(ctx, env)
    this.#shelf = openSnapshotRetention(ctx.storage.sql)
    this.#ports = {
      database: openDatabase(env.DB),
      now: () => Date.now(),
      newId: () => crypto.randomUUID(),
      armRepair: () => this.#arm(repairAfterMs),
      publish: (snapshot) => this.#publish(snapshot),
      bucketingFileFingerprint: (snapshot) => this.bucketingFileFingerprint(snapshot),
    }
  }

  create(request: CreationRequest): Promise<CommandAnswer> {
    return this.#inTurn(async () => {
      await this.ctx.storage.put('environmentId', request.environmentId)
      return createEnvironment(this.#ports, request)
    })
  }

  execute(request: CommandRequest): Promise<CommandAnswer> {
    return this.#inTurn(() => execute(this.#ports, this.#memory, request))
  }

  /** The newest revision that edge can read. */
  async head(environmentId: string): Promise<Head> {
    if (!this.#checked) await this.#inTurn(() => this.#repair(environmentId))
    const mark = await this.ctx.storage.get<PublishedMark>('published')
    return mark ? { status: 'known', revision: mark.revision } : { status: 'unknown' }
  }

  /** The same, once it has reached a revision, or time is up. */
  async waitFor(environmentId: string, revision: number, withinMs: number): Promise<Head> {
    const until = Date.now() + Math.min(withinMs, waitMaxMs)
    for (;;) {
      const head = await this.head(environmentId)
      const left = until - Date.now()
      if (head.status === 'unknown' || head.revision >= revision || left <= 0) return head
      await this.#nextPublication(left)
    }
  }

  /** For a notifier, which is told of every publication from now on: the newest there is. */
  async listen(environmentId: string, shard: string): Promise<number> {
    await addListener(this.ctx.storage, shard)
    const head = await this.head(environmentId)
    return head.status === 'known' ? head.revision : 0
  }

  /** The newest snapshot itself, for an edge that cannot read KV. */
  async snapshot(environmentId: string): Promise<Snapshot | undefined> {
    const current = await this.#inTurn(() => this.#current(environmentId))
    return current && snapshotOf(environmentId, current)
  }

  /** Members of a large segment, for an edge that cannot read KV. */
  async members(environmentId: string, sha256: string): Promise<ArrayBuffer | undefined> {
    const published = await readMembers(this.env.SNAPSHOTS, environmentId, sha256).catch(() => null)
    return published ?? readArchivedMembers(this.env.LAKE, environmentId, sha256)
  }

  /** Who uses an entity; undefined where there is no such one. */
  async users(environmentId: string, kind: EntityKind, id: string): Promise<Dependent[] | undefined> {
    const current = await this.#inTurn(() => this.#current(environmentId))
    return current?.state[kind].has(id) ? dependentsOf(current.state, kind, id) : undefined
  }

  /** Armed before every write: whatever crashed in between, D1's newest revision gets published. */
  override async alarm(): Promise<void> {
    const environmentId = await this.ctx.storage.get<string>('environmentId')
    if (environmentId === undefined) return
    await this.#inTurn(() => this.#repair(environmentId))
    await this.#tidy(environmentId) // not in turn: an archive that hangs keeps no change waiting
  }

  async #repair(environmentId: string): Promise<void> {
    try {
      const mark = await this.ctx.storage.get<PublishedMark>('published')
      const newest = await newestRevision(this.#ports.database, environmentId)
      this.#checked = true
      if (newest === undefined || newest === mark?.revision) return
      this.#memory.current = await loadEnvironment(this.#ports.database, environmentId)
      const published =
        this.#memory.current && (await this.#publish(snapshotOf(environmentId, this.#memory.current)))
      if (published === false) await this.#arm(repairAfterMs)
    } catch (cause) {
      logError('repair', cause) // D1 is away: what is published stays published, and the alarm looks again
      await this.#arm(repairAfterMs)
    }
  }

  async #publish(snapshot: Snapshot): Promise<boolean> {
    try {
      await publishSnapshot(this.env.SNAPSHOTS, snapshot)
    } catch (cause) {
      logError('publish', cause)
      return false
    }
    const { environmentId, revision } = snapshot
    this.#shelf.note(revision, Date.now())
    const mark: PublishedMark = { environmentId, revision }
    await this.ctx.storage.put({ published: mark, environmentId })
    for (const wake of this.#waiting) wake()
    this.ctx.waitUntil(notifyListeners(this.ctx.storage, this.env.NOTIFIER, revision))
    return true
  }

  async #tidy(environmentId: string): Promise<void> {
    try {
      const isDone = await this.#shelf.tidy({
        textAt: (revision) => this.#textAt(environmentId, revision),
        archive: (revision, text) => archiveSnapshot(this.env.LAKE, environmentId, revision, text),
        clear: (revision) => clearSnapshot(this.env.SNAPSHOTS, environmentId, revision),
        now: () => Date.now(),
      })
      if (!isDone) await this.#arm(repairAfterMs)
    } catch (cause) {
      logError('archive', cause)
      await this.#arm(tidyAgainAfterMs)
    }
  }

  /** As it was published; one that never was, because a newer one came first, from D1's history. */
  async #textAt(environmentId: string, revision: number): Promise<string | undefined> {
    const published = await readSnapshotText(this.env.SNAPSHOTS, environmentId, revision)
    if (published !== null) return published
    const { database } = this.#ports
    // before the past: which then reaches back from at least there
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

  /**
   * An alarm that is set already and comes no later stays: a stream of changes must not put it off for ever.
   */
  async #arm(afterMs: number): Promise<void> {
    const at = Date.now() + afterMs
    const armed = await this.ctx.storage.getAlarm()
    if (armed === null || armed > at) await this.ctx.storage.setAlarm(at)
  }

  #nextPublication(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, withinMs)
      this.#waiting.add(wake)
    })
  }

  /**
   * D1 calls let other requests in, so order is kept by hand: each turn starts when the one before has ended,
   * well or badly.
   */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
