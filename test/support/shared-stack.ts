// One stack for all test files that need nothing but a running Tackline: each makes environments of its own
// in it. It starts when the first of them asks for it, and ends with the run.
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
    /** Answers with a `SharedStack` once it runs. */
    sharedStackUrl: string
  }
}

export type SharedStack = Pick<Stack, 'url' | 'token' | 'logPath'>

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-test-'))
  let starting: Promise<Stack> | undefined
  const start = async () => startStack({ port: await freePort(), directory, state: 'reset' })
  const server = createServer((_, response) => {
    starting ??= start()
    starting.then(
      ({ url, token, logPath }) =>
        response.end(JSON.stringify({ url, token, logPath } satisfies SharedStack)),
      (cause: unknown) => {
        starting = undefined // the next file may have more luck
        response.writeHead(503).end(String(cause))
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  provide('sharedStackUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return async () => {
    server.close()
    await (await starting?.catch(() => undefined))?.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
