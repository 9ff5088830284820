// The CPU time of the first request to a fresh isolate, and the memory of many environments. Each is measured
// in a workerd of its own.
import { median } from '../numbers.ts'
import { type LoadRequest, once } from './load.ts'
import { isolateHeapMax, startEdge } from './server.ts'

const starts = 5

/**
 * CPU milliseconds of the first request, in a process that has answered none before, without workerd's own
 * start.
 */
export async function firstDecision(
  directory: string,
  snapshot: string,
  request: Omit<LoadRequest, 'port'>,
  environmentId: string,
): Promise<number> {
  const taken: number[] = []
  for (let start = 0; start < starts; start++) {
    const server = await startEdge(directory, { snapshot, flagdFlags: '{"flags":{}}' })
    try {
      await new Promise((resolve) => setTimeout(resolve, 500))
      // The environment object and the KV stand-in also start with the first request, so a request for
      // another environment starts them before.
      await once({ method: 'GET', path: `/snapshot:${environmentId}-0`, port: server.port('edge') })
      const before = server.spentNs()
      const { status, text } = await once({ ...request, port: server.port('edge') })
      if (status !== 200) throw new Error(`${status} ${text}`)
      taken.push((server.spentNs() - before) / 1e6)
    } finally {
      await server.stop()
    }
  }
  return median(taken)
}

/**
 * Heap of edge's isolate in MB, garbage included, after all flags of every environment were evaluated.
 * Reported by workerd's inspector.
 */
export async function memoryOf(
  directory: string,
  snapshot: string,
  request: (environmentId: string) => Omit<LoadRequest, 'port'>,
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
      const { status, text } = await once({ ...request(id), port: server.port('edge') })
      if (status !== 200) throw new Error(`${id}: ${status} ${text}`)
    }
    return (await heapBytes(server.inspector!)) / 1e6
  } finally {
    await server.stop()
  }
}

/** The heap that V8 has reserved for the isolate, by Chrome's DevTools protocol. */
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
