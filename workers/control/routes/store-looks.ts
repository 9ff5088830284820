// What the routes share that store the runner's looks at entities.
import * as z from 'zod'
import { ok, type Result } from '../../../core/model/problem.ts'
import type { Database } from '../../storage/database.ts'
import { type LookAt, type LookKind, storeLooks } from '../../storage/looks.ts'

export const StoredLooks = z.strictObject({ stored: z.int() })

interface SentLooks<Sent> {
  readonly database: Database
  readonly params: { readonly environment: string }
  readonly body: { readonly looks: readonly Sent[] }
}

/** A route's `handle`: those that are newer, of entities that exist. */
export const storesLooks =
  <K extends LookKind, Sent>(kind: K, toLook: (sent: Sent) => LookAt<K>) =>
  async ({
    database,
    params: { environment },
    body: { looks },
  }: SentLooks<Sent>): Promise<Result<z.infer<typeof StoredLooks>>> =>
    ok({ stored: await storeLooks(database, environment, kind, looks.map(toLook)) })
