// One stack a worker of Vitest, for all test files that need nothing but a running Tackline: each makes
// environments of its own in it. Files of one worker run one after the other, so a file has its stack to
// itself. A stack starts when the first file asks for it, and ends with the run.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `GET ?worker=ID` answers with a `SharedStack` once it runs. */
    sharedStackUrl: string
  }
}

export type SharedStack = Pick<Stack, 'url' | 'token' | 'logPath'>

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-test-'))
  const stacks = new Map<string, Promise<Stack>>()
  const start = async (worker: string) =>
    startStack({ port: await freePort(), directory: join(directory, worker), state: 'reset' })
  const server = createServer((request, response) => {
    const worker = new URL(request.url!, 'http://localhost').searchParams.get('worker')!
    const starting = stacks.get(worker) ?? start(worker)
    stacks.set(worker, starting)
    starting.then(
      ({ url, token, logPath }) =>
        response.end(JSON.stringify({ url, token, logPath } satisfies SharedStack)),
      (cause: unknown) => {
        stacks.delete(worker) // the next file may have more luck
        response.writeHead(503).end(String(cause))
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  provide('sharedStackUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return async () => {
    server.close()
    for (const starting of stacks.values()) await (await starting.catch(() => undefined))?.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
