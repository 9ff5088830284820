// What a fresh isolate costs, and what many environments weigh. Each in a workerd of its own.
import { median } from '../numbers.ts'
import { type Ask, once } from './load.ts'
import { startEdge } from './server.ts'

const starts = 5
const environments = 50

/** CPU milliseconds from the first request to its answer, in a process that has answered nothing before; workerd's own start is not in it. */
export async function firstDecision(
  directory: string,
  snapshot: string,
  ask: Omit<Ask, 'port'>,
  environmentId: string,
): Promise<number> {
  const taken: number[] = []
  for (let start = 0; start < starts; start++) {
    const server = await startEdge(directory, { snapshot, flagdFlags: '{"flags":{}}' })
    try {
      await new Promise((resolve) => setTimeout(resolve, 500))
      // The object and KV's stand-in start with the first question too: another environment's asks them before.
      await once({ method: 'GET', path: `/snapshot:${environmentId}-0`, port: server.port('edge') })
      const before = server.spentNs()
      const { status, text } = await once({ ...ask, port: server.port('edge') })
      if (status !== 200) throw new Error(`${status} ${text}`)
      taken.push((server.spentNs() - before) / 1e6)
    } finally {
      await server.stop()
    }
  }
  return median(taken)
}

/** How much larger the process is after every environment was asked for, than after one was. */
export async function memoryOf(directory: string, snapshot: string, environmentId: string): Promise<number> {
  const server = await startEdge(directory, { snapshot, flagdFlags: '{"flags":{}}' })
  const ask = (id: string) =>
    once({ method: 'GET', path: `/${id}/accountSettings.json`, port: server.port('edge') })
  try {
    await ask(environmentId)
    const before = server.residentBytes()
    for (let i = 0; i < environments; i++) await ask(`${environmentId}-${i}`)
    return server.residentBytes() - before
  } finally {
    await server.stop()
  }
}
