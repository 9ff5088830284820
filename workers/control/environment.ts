// The Durable Object of one environment: lets one command in at a time, and brings the published revision up to D1's newest.
// Decisions are in core/change, the steps of a change in writer.ts.
import { DurableObject } from 'cloudflare:workers'
import type { Snapshot } from '../../core/snapshot.ts'
import type { CommandAnswer, CommandRequest, CreationRequest, Head } from '../environment-object.ts'
import { logError } from '../http/log.ts'
import { loadEnvironment, newestRevision, openDatabase } from '../storage/configuration.ts'
import { publishSnapshot } from '../storage/published.ts'
import type { ControlBindings } from './bindings.ts'
import { type Memory, type WriterPorts, createEnvironment, execute, snapshotOf } from './writer.ts'

/** How long after a crash the published revision may lag behind D1 before the alarm sees to it. */
const repairAfterMs = 2_000

interface PublishedMark {
  readonly environmentId: string
  readonly revision: number
}

export class Environment extends DurableObject<ControlBindings> {
  readonly #memory: Memory = { current: undefined }
  readonly #ports: WriterPorts
  #turn: Promise<unknown> = Promise.resolve()
  /** Set once this incarnation has made sure that nothing committed is unpublished. */
  #checked = false

  constructor(ctx: DurableObjectState, env: ControlBindings) {
    super(ctx, env)
    this.#ports = {
      database: openDatabase(env.DB),
      now: () => Date.now(),
      newId: () => crypto.randomUUID(),
      armRepair: () => ctx.storage.setAlarm(Date.now() + repairAfterMs),
      publish: (snapshot) => this.#publish(snapshot),
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

  /** The newest snapshot itself, for an edge that cannot read KV. */
  async snapshot(environmentId: string): Promise<Snapshot | undefined> {
    this.#memory.current ??= await loadEnvironment(this.#ports.database, environmentId)
    return this.#memory.current && snapshotOf(environmentId, this.#memory.current)
  }

  /** Armed before every write: whatever crashed in between, D1's newest revision gets published. */
  override async alarm(): Promise<void> {
    const environmentId = await this.ctx.storage.get<string>('environmentId')
    if (environmentId !== undefined) await this.#inTurn(() => this.#repair(environmentId))
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
      if (published === false) await this.#ports.armRepair()
    } catch (cause) {
      logError('repair', cause) // D1 is away: what is published stays published, and the alarm looks again
      await this.#ports.armRepair()
    }
  }

  async #publish(snapshot: Snapshot): Promise<boolean> {
    try {
      await publishSnapshot({ kv: this.env.SNAPSHOTS, archive: this.env.LAKE }, snapshot)
    } catch (cause) {
      logError('publish', cause)
      return false
    }
    const mark: PublishedMark = { environmentId: snapshot.environmentId, revision: snapshot.revision }
    await this.ctx.storage.put({ published: mark, environmentId: snapshot.environmentId })
    await this.ctx.storage.deleteAlarm()
    return true
  }

  /** D1 calls let other requests in, so order is kept by hand: each turn starts when the one before has ended, well or badly. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
