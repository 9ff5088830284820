// What an installation says of itself to whoever runs it: `npm run doctor` reads it. Nothing decides by it.
import * as z from 'zod'
import { deadLetterPrefix } from '../../../analytics/lake.ts'
import { snapshotBytesMax } from '../../../core/model/limits.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { logError } from '../../http/log.ts'
import { readHeadPointer, readSnapshotText } from '../../storage/snapshots.ts'
import { SnapshotSize } from '../api/report-answers.ts'
import { route } from '../api/route.ts'

/** R2 lists as many at once. */
const listedMax = 1_000
/** No environment has this id: ids are in lower case. */
const probeId = 'DOCTOR'

const Health = z.enum(['ok', 'failing'])
const healthOf = (answer: object | undefined): z.infer<typeof Health> => (answer ? 'ok' : 'failing')

export const installation = [
  route({
    id: 'read-installation',
    method: 'GET',
    path: '/installation',
    needs: 'deployment-owner',
    summary: 'Reads the clock, the migrations and the size of the database, and whether KV and R2 answer',
    answer: z.strictObject({
      now: z.int().describe('The clock of the Worker, in epoch milliseconds.'),
      migrations: z.array(z.string()).describe('Names of the files that were applied, in their order.'),
      databaseBytes: z.int(),
      kv: Health,
      r2: Health,
      deadLetterObjects: z
        .int()
        .nullable()
        .describe(
          `Objects that wait for \`npm run batch -- replay\`, up to ${listedMax}. Null: R2 does not answer.`,
        ),
    }),
    handle: async ({ env, now }) => {
      const [applied, kv, dead] = await Promise.all([
        env.DB.prepare('SELECT name FROM d1_migrations ORDER BY id').all<{ name: string }>(),
        unlessItFails('KV', async () => ({ head: await readHeadPointer(env.SNAPSHOTS, probeId) })),
        unlessItFails('R2', () => env.LAKE.list({ prefix: deadLetterPrefix, limit: listedMax })),
      ])
      return ok({
        now,
        migrations: applied.results.map(({ name }) => name),
        databaseBytes: applied.meta.size_after,
        kv: healthOf(kv),
        r2: healthOf(dead),
        deadLetterObjects: dead?.objects.length ?? null,
      })
    },
  }),
  route({
    id: 'read-snapshot-size',
    method: 'GET',
    path: '/environments/{environment}/snapshot-size',
    needs: 'viewer',
    summary: 'Reads the size of the snapshot that KV holds for edge',
    description: 'KV may be a minute behind.',
    answer: SnapshotSize,
    handle: async ({ env, params: { environment } }) => {
      const revision = await readHeadPointer(env.SNAPSHOTS, environment)
      const text = revision && (await readSnapshotText(env.SNAPSHOTS, environment, revision))
      if (!text) return refuse('NOT_FOUND', `KV holds no snapshot of ${environment}`)
      const bytes = new TextEncoder().encode(text).byteLength
      return ok({ revision, bytes, bytesMax: snapshotBytesMax })
    },
  }),
]

async function unlessItFails<T>(where: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (cause) {
    logError(`installation: ${where}`, cause)
    return undefined
  }
}
