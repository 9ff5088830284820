// What test files share. One stack a worker of Vitest, for all that need nothing but a running Tackline: each
// makes environments of its own in it. Files of one worker run one after the other, so a file has its stack
// to itself. And one folder as a first start leaves it, for those that start a stack of their own: migrating
// its database costs as much as the rest of a start. Both are made when the first file asks, and end with the
// run.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, prepareFolder, startStack } from '../../scripts/stack.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `GET stack?worker=ID` answers with a `SharedStack` once it runs, `folder` with a `SharedFolder`. */
    sharedUrl: string
  }
}

export type SharedStack = Pick<Stack, 'url' | 'token' | 'logPath'>

/** It has a token and a migrated database. Nothing runs in it: it is for copies. */
export interface SharedFolder {
  readonly directory: string
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const root = mkdtempSync(join(tmpdir(), 'tackline-test-'))
  const folders = new Map<string, Promise<SharedFolder>>()
  const stacks = new Map<string, Promise<Stack>>()
  const prepare = async () => {
    const directory = join(root, 'prepared')
    await prepareFolder(directory)
    return { directory }
  }
  const start = async (worker: string) => {
    const directory = join(root, worker)
    const prepared = await once(folders, 'prepared', prepare)
    cpSync(prepared.directory, directory, { recursive: true })
    return startStack({ port: await freePort(), directory, state: 'keep' })
  }
  const answer = async ({ pathname, searchParams }: URL): Promise<SharedStack | SharedFolder> => {
    if (pathname === '/folder') return once(folders, 'prepared', prepare)
    const { url, token, logPath } = await once(stacks, searchParams.get('worker')!, start)
    return { url, token, logPath }
  }
  const server = createServer((request, response) => {
    answer(new URL(request.url!, 'http://localhost')).then(
      (found) => response.end(JSON.stringify(found)),
      (cause: unknown) => response.writeHead(503).end(String(cause)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  provide('sharedUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return async () => {
    server.close()
    for (const stack of stacks.values()) await (await stack.catch(() => undefined))?.stop()
    rmSync(root, { recursive: true, force: true })
  }
}

/** Makes each thing once, but again after a failure: the next file may have more luck. */
function once<T>(
  made: Map<string, Promise<T>>,
  name: string,
  make: (name: string) => Promise<T>,
): Promise<T> {
  const making = made.get(name) ?? make(name)
  made.set(name, making)
  making.catch(() => made.delete(name))
  return making
}
