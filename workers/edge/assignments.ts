// Stored assignments of visitors, sharded over Durable Objects. When a shard does not answer in time, the
// hash decides and nothing is written, so that the stored assignment still holds for the next request.
import type { AssignedVariations } from '../../core/evaluation/assignment.ts'
import { murmur3x86 } from '../../core/hash/murmur3-x86-32.ts'
import type { AssignmentStore } from '../contracts/assignments-contract.ts'
import { logError } from '../http/log.ts'
import type { Assignments } from '../contracts/ports.ts'

/**
 * One object serves about 1,000 requests a second. Changing this number would lose every stored assignment.
 */
const shards = 64
const readWithinMs = 250

export interface AssignmentPorts {
  readonly objects: DurableObjectNamespace
  readonly delay: (ms: number) => Promise<void>
  readonly defer: (work: Promise<unknown>) => void
}

export function assignmentStore({ objects, delay, defer }: AssignmentPorts): Assignments {
  const storeOf = (environmentId: string, who: string) =>
    objects.get(
      objects.idFromName(`${environmentId}:${murmur3x86(who) % shards}`),
    ) as unknown as AssignmentStore
  return {
    async read(environmentId, whos) {
      const late = delay(readWithinMs).then(() => {
        throw new Error(`no answer within ${readWithinMs} ms`)
      })
      const read = Promise.all(whos.map(async (who) => storeOf(environmentId, who).read(who)))
      try {
        return (await Promise.race([read, late])).map((rows): AssignedVariations => new Map(rows))
      } catch (cause) {
        logError('assignments', cause)
        return undefined
      }
    },
    keep(environmentId, whos, fresh) {
      const rows = fresh.map(({ ruleId, variationId }) => [ruleId, variationId] as const)
      const written = Promise.all(whos.map(async (who) => storeOf(environmentId, who).keep(who, rows)))
      defer(written.catch((cause: unknown) => logError('assignments', cause)))
    },
  }
}
