// What a fresh isolate costs, and what many environments weigh. Each in a workerd of its own.
import { median } from '../numbers.ts'
import { type Ask, once } from './load.ts'
import { isolateHeapMax, startEdge } from './server.ts'

const starts = 5

/**
 * CPU milliseconds from the first request to its answer, in a process that has answered nothing before;
 * workerd's own start is not in it.
 */
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
      // The object and KV's stand-in start with the first question too: another environment's asks them
      // before.
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

/**
 * Heap of edge's isolate after every environment was asked for all of its flags, garbage included, in MB; as
 * workerd's inspector tells it.
 */
export async function memoryOf(
  directory: string,
  snapshot: string,
  ask: (environmentId: string) => Omit<Ask, 'port'>,
  environmentIds: readonly string[],
): Promise<number> {
  const server = await startEdge(directory, {
    snapshot,
    flagdFlags: '{"flags":{}}',
    heapMax: isolateHeapMax,
    inspects: true,
  })
  try {
    for (const id of environmentIds) {
      const { status, text } = await once({ ...ask(id), port: server.port('edge') })
      if (status !== 200) throw new Error(`${id}: ${status} ${text}`)
    }
    return (await heapBytes(server.inspector!)) / 1e6
  } finally {
    await server.stop()
  }
}

/** What V8 has reserved for the isolate, by Chrome's DevTools protocol. */
async function heapBytes(port: number): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/edge`)
  try {
    await happens(socket, 'open')
    socket.send(JSON.stringify({ id: 1, method: 'Runtime.getHeapUsage' }))
    const { data } = await happens(socket, 'message')
    const { result } = JSON.parse(String(data)) as { result: { totalSize: number } }
    return result.totalSize
  } finally {
    socket.close()
  }
}

const happens = (socket: WebSocket, event: 'open' | 'message'): Promise<{ data?: unknown }> =>
  new Promise((resolve, reject) => {
    socket.addEventListener(event, (happened) => resolve(happened as { data?: unknown }), { once: true })
    socket.addEventListener('error', () => reject(new Error('the inspector does not answer')), { once: true })
  })
