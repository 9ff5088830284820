// Deliveries of notifications to webhooks in D1: made with the change that they tell of, tried by the sender
// of their webhook (workers/control/webhooks/), listed by the admin API.
import { and, asc, desc, eq, inArray, lt, lte, ne, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { NewDelivery } from '../../core/change/message.ts'
import type { Attempt, DeliveryState, Progress } from '../../core/model/delivery.ts'
import type { Database } from './database.ts'
import { deliveries, webhookHealth } from './schema.ts'
import { chunksOf } from './write-statements.ts'

/** How long a delivery can be looked at and sent again: 30 days. */
export const keptForMs = 30 * 24 * 60 * 60 * 1_000
/** Of one webhook; the oldest of those that wait no more go first. */
export const deliveriesKeptMax = 10_000
/** Of one webhook. A delivery beyond is dead at once, and can be sent by hand. */
export const waitingMax = 1_000
export const tooManyWait = `${waitingMax} earlier deliveries to this webhook were still waiting`

export interface Target {
  readonly environmentId: string
  readonly webhookId: string
}
export type Delivery = typeof deliveries.$inferSelect

const isOf = ({ environmentId, webhookId }: Target) =>
  and(eq(deliveries.environmentId, environmentId), eq(deliveries.webhookId, webhookId))
const isOne = (target: Target, id: string) => and(isOf(target), eq(deliveries.id, id))
const isWaiting = eq(deliveries.state, 'waiting')

/** For the batch of the change that is told of. A message of an id that is there already adds nothing. */
export function deliveryStatements(
  database: Database,
  environmentId: string,
  made: readonly NewDelivery[],
): BatchItem<'sqlite'>[] {
  const field = (name: keyof NewDelivery) => sql.raw(`json_extract(value, '$.${name}')`)
  const webhookId = field('webhookId')
  const waiting = sql`(select count(*) from deliveries where environment_id = ${environmentId}
    and state = 'waiting' and webhook_id = ${webhookId})`
  const isTooMany = sql`${waiting} >= ${waitingMax}`
  const createdAt = field('createdAt')
  const sendAt = sql`coalesce(${field('sendAt')}, ${createdAt})`
  return chunksOf(made, ({ body }) => body.length + 200).map((chunk) =>
    database
      .insert(deliveries)
      .select(
        sql`select ${environmentId}, ${webhookId}, ${field('id')}, ${createdAt}, ${field('type')},
          case when ${isTooMany} then 'dead' else 'waiting' end, ${sendAt}, 0,
          case when ${isTooMany} then null else ${sendAt} end, null, null,
          case when ${isTooMany} then ${tooManyWait} end, ${field('body')}
          from json_each(${JSON.stringify(chunk)}) where true`,
      )
      .onConflictDoNothing(),
  )
}

/** What is left of deleted webhooks: one of the same id is another one. */
export function webhookDeletions(
  database: Database,
  environmentId: string,
  webhookIds: readonly string[],
): BatchItem<'sqlite'>[] {
  if (webhookIds.length === 0) return []
  const ids = sql`(select value from json_each(${JSON.stringify(webhookIds)}))`
  return [deliveries, webhookHealth].map((table) =>
    database.delete(table).where(and(eq(table.environmentId, environmentId), inArray(table.webhookId, ids))),
  )
}

/** Webhooks with a delivery whose time has come. */
export async function dueWebhooks(database: Database, environmentId: string, now: number): Promise<string[]> {
  const rows = await database
    .selectDistinct({ webhookId: deliveries.webhookId })
    .from(deliveries)
    .where(and(eq(deliveries.environmentId, environmentId), isWaiting, lte(deliveries.nextAttemptAt, now)))
  return rows.map(({ webhookId }) => webhookId)
}

/** The longest overdue first. */
export const dueDeliveries = (
  database: Database,
  target: Target,
  now: number,
  limit: number,
): Promise<Delivery[]> =>
  database
    .select()
    .from(deliveries)
    .where(and(isOf(target), isWaiting, lte(deliveries.nextAttemptAt, now)))
    .orderBy(asc(deliveries.nextAttemptAt), asc(deliveries.id))
    .limit(limit)

/** Those that wait for their digest or their next try, the oldest first. Tests are sent alone. */
export const waitingDeliveries = (database: Database, target: Target, limit: number): Promise<Delivery[]> =>
  database
    .select()
    .from(deliveries)
    .where(and(isOf(target), isWaiting, ne(deliveries.type, 'webhook.test')))
    .orderBy(asc(deliveries.createdAt), asc(deliveries.id))
    .limit(limit)

/**
 * When the sender must look again: for the next try, or to forget the oldest. Undefined if nothing is kept.
 */
export async function nextLook(database: Database, target: Target): Promise<number | undefined> {
  const [[next], [oldest]] = await database.batch([
    database
      .select({ at: sql<number | null>`min(${deliveries.nextAttemptAt})` })
      .from(deliveries)
      .where(and(isOf(target), isWaiting)),
    database
      .select({ at: sql<number | null>`min(${deliveries.createdAt})` })
      .from(deliveries)
      .where(isOf(target)),
  ])
  const forgetAt = (oldest?.at ?? Infinity) + keptForMs
  const at = Math.min(next?.at ?? Infinity, forgetAt)
  return at === Infinity ? undefined : at
}

/**
 * Says nothing about a delivery that was sent again by hand or cancelled during the try, and nothing at all
 * if it was deleted with its webhook.
 */
export async function recordAttempt(
  database: Database,
  target: Target,
  { id, since }: Pick<Delivery, 'id' | 'since'>,
  attempt: Attempt,
  progress: Progress,
  now: number,
): Promise<void> {
  const { environmentId, webhookId } = target
  const nextAttemptAt = progress.nextAttemptAt ?? null
  const isDelivered = attempt.outcome === 'delivered'
  const lastStatus = attempt.status ?? null
  const lastError = isDelivered ? null : attempt.error
  const { failingSince, failures } = webhookHealth
  const first = sql`select ${environmentId}, ${webhookId}, ${isDelivered ? null : now}, ${isDelivered ? 0 : 1},
    ${isDelivered ? now : null}, ${lastError} from ${deliveries} where ${isOne(target, id)}`
  const change = isDelivered
    ? { failingSince: null, failures: 0, lastDeliveredAt: now, lastError }
    : { failingSince: sql`coalesce(${failingSince}, ${now})`, failures: sql`${failures} + 1`, lastError }
  await database.batch([
    database
      .insert(webhookHealth)
      .select(first)
      .onConflictDoUpdate({ target: [webhookHealth.environmentId, webhookHealth.webhookId], set: change }),
    database
      .update(deliveries)
      .set({ ...progress, nextAttemptAt, lastAttemptAt: now, lastStatus, lastError })
      .where(and(isOne(target, id), isWaiting, eq(deliveries.since, since))),
  ])
}

/** A disabled webhook sends nothing, also not what was waiting. */
export async function cancelWaiting(database: Database, target: Target): Promise<void> {
  await database
    .update(deliveries)
    .set({ state: 'cancelled', nextAttemptAt: null, lastError: 'the webhook was disabled' })
    .where(and(isOf(target), isWaiting))
}

/** Deletes what is older than it is kept for, and the oldest of too many. */
export async function forgetOld(database: Database, target: Target, now: number): Promise<void> {
  const firstTooMany = database
    .select({ at: deliveries.createdAt })
    .from(deliveries)
    .where(isOf(target))
    .orderBy(desc(deliveries.createdAt))
    .limit(1)
    .offset(deliveriesKeptMax)
  const isOld = lt(deliveries.createdAt, now - keptForMs)
  const isTooMany = sql`${deliveries.createdAt} <= (${firstTooMany})`
  await database.batch([
    database.delete(deliveries).where(and(isOf(target), isOld)),
    database.delete(deliveries).where(and(isOf(target), ne(deliveries.state, 'waiting'), isTooMany)),
  ])
}

export interface DeliveryList extends Target {
  readonly state?: DeliveryState | undefined
  /** Time and id of the last delivery of the previous page. */
  readonly after?: readonly [createdAt: number, id: string] | undefined
  readonly limit: number
}

/** Newest first. */
export const listDeliveries = (database: Database, list: DeliveryList): Promise<Delivery[]> =>
  database
    .select()
    .from(deliveries)
    .where(
      and(
        isOf(list),
        list.state === undefined ? undefined : eq(deliveries.state, list.state),
        list.after && sql`(${deliveries.createdAt}, ${deliveries.id}) < (${list.after[0]}, ${list.after[1]})`,
      ),
    )
    .orderBy(desc(deliveries.createdAt), desc(deliveries.id))
    .limit(list.limit)

export async function readDelivery(
  database: Database,
  target: Target,
  id: string,
): Promise<Delivery | undefined> {
  const [row] = await database.select().from(deliveries).where(isOne(target, id))
  return row
}

export async function insertDeliveries(
  database: Database,
  environmentId: string,
  made: readonly NewDelivery[],
): Promise<void> {
  const [first, ...more] = deliveryStatements(database, environmentId, made)
  if (first) await database.batch([first, ...more])
}

export async function insertDelivery(
  database: Database,
  environmentId: string,
  made: NewDelivery,
): Promise<Delivery | undefined> {
  await insertDeliveries(database, environmentId, [made])
  return readDelivery(database, { environmentId, webhookId: made.webhookId }, made.id)
}

/** It waits again, with all its tries before it. Undefined if there is no such delivery. */
export async function sendAgain(
  database: Database,
  target: Target,
  id: string,
  now: number,
): Promise<Delivery | undefined> {
  const [row] = await database
    .update(deliveries)
    .set({ state: 'waiting', since: now, attempts: 0, nextAttemptAt: now })
    .where(isOne(target, id))
    .returning()
  return row
}

export interface WebhookHealth {
  readonly status: 'unused' | 'ok' | 'failing'
  readonly failingSince?: number
  readonly failures: number
  readonly lastDeliveredAt?: number
  readonly lastError?: string
  readonly waiting: number
  readonly dead: number
}

const unused: WebhookHealth = { status: 'unused', failures: 0, waiting: 0, dead: 0 }

/** Of all webhooks of an environment that anything was ever sent to, by id. */
export async function healthOfWebhooks(
  database: Database,
  environmentId: string,
): Promise<(webhookId: string) => WebhookHealth> {
  // named, because a batch answers rows by the names of their columns
  const count = (state: DeliveryState) => sql<number>`sum(${deliveries.state} = ${state})`.as(state)
  const [rows, counts] = await database.batch([
    database.select().from(webhookHealth).where(eq(webhookHealth.environmentId, environmentId)),
    database
      .select({ webhookId: deliveries.webhookId, waiting: count('waiting'), dead: count('dead') })
      .from(deliveries)
      .where(and(eq(deliveries.environmentId, environmentId), inArray(deliveries.state, ['waiting', 'dead'])))
      .groupBy(deliveries.webhookId),
  ])
  return (webhookId) => {
    const row = rows.find((each) => each.webhookId === webhookId)
    const { waiting = 0, dead = 0 } = counts.find((each) => each.webhookId === webhookId) ?? {}
    if (!row) return { ...unused, waiting, dead }
    const { failingSince, failures, lastDeliveredAt, lastError } = row
    return {
      status: failingSince === null ? 'ok' : 'failing',
      ...(failingSince !== null && { failingSince }),
      failures,
      ...(lastDeliveredAt !== null && { lastDeliveredAt }),
      ...(lastError !== null && { lastError }),
      waiting,
      dead,
    }
  }
}
