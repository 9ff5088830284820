// Gives a test file a real stack in workerd.
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, inject } from 'vitest'
import { type Stack, type StackOptions, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import type { SharedFolder, SharedStack } from './shared-stack.ts'

export * from './environment.ts' // what nearly every test of a stack needs as well

interface UsedStack extends SharedStack {
  /** What the stack has logged since the first test of the file. */
  readonly log: () => string
}

/**
 * The stack that the worker's test files share: Tackline as one Worker. Name environments as no other file
 * does.
 */
export function useStack(): () => UsedStack {
  let stack: UsedStack | undefined
  beforeAll(async () => {
    stack = withLog(await ask<SharedStack>(`stack?worker=${process.env['VITEST_POOL_ID']}`))
  }, 90_000)
  return () => present(stack)
}

/**
 * A new temporary folder as a first start leaves it, for `startStack` with `state: 'keep'`: it starts in half
 * the time. A test of a first start, or of the folder itself, begins with an empty one.
 */
export async function preparedFolder(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-test-'))
  cpSync((await ask<SharedFolder>('folder')).directory, directory, { recursive: true })
  return directory
}

/**
 * A stack of the file's own. With `configs`, Tackline is three Workers, with others in their place, before or
 * behind them.
 */
export function useOwnStack(configs?: StackOptions['configs']): () => Stack {
  let directory: string | undefined
  let stack: Stack | undefined
  beforeAll(async () => {
    directory = await preparedFolder()
    stack = await startStack({
      port: await freePort(),
      directory,
      state: 'keep',
      ...(configs && { configs }),
    })
  }, 90_000)
  afterAll(async () => {
    await stack?.stop()
    if (directory) rmSync(directory, { recursive: true, force: true })
  })
  return () => present(stack)
}

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(`${inject('sharedUrl')}/${path}`)
  if (!response.ok) throw new Error(await response.text())
  return (await response.json()) as T
}

function withLog(stack: SharedStack): UsedStack {
  const begin = readFileSync(stack.logPath).byteLength
  return { ...stack, log: () => readFileSync(stack.logPath).subarray(begin).toString() }
}

function present<T>(stack: T | undefined): T {
  if (stack === undefined) throw new Error('the stack is not up before the first test')
  return stack
}
