// Stored assignments of visitors, sharded over Durable Objects. When a shard does not answer in time, the
// hash decides and nothing is written, so that the stored assignment still holds for the next request.
import type { AssignedVariations } from '../../core/evaluation/assignment.ts'
import { assignmentStoreOf } from '../contracts/assignments-contract.ts'
import { logError } from '../http/log.ts'
import type { Assignments } from '../contracts/ports.ts'

const readWithinMs = 250

export interface AssignmentPorts {
  readonly objects: DurableObjectNamespace
  readonly delay: (ms: number) => Promise<void>
  readonly defer: (work: Promise<unknown>) => void
}

export function assignmentStore({ objects, delay, defer }: AssignmentPorts): Assignments {
  const storeOf = (environmentId: string, who: string) => assignmentStoreOf(objects, environmentId, who)
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
