// Gives a test file a real stack in workerd.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, inject } from 'vitest'
import { type Stack, type StackOptions, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import type { SharedStack } from './shared-stack.ts'

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
    const response = await fetch(`${inject('sharedStackUrl')}?worker=${process.env['VITEST_POOL_ID']}`)
    if (!response.ok) throw new Error(await response.text())
    stack = withLog((await response.json()) as SharedStack)
  }, 90_000)
  return () => present(stack)
}

/**
 * A stack of the file's own. With `configs`, Tackline is three Workers, with others in their place, before or
 * behind them.
 */
export function useOwnStack(configs?: StackOptions['configs']): () => Stack {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-test-'))
  let stack: Stack | undefined
  beforeAll(async () => {
    stack = await startStack({
      port: await freePort(),
      directory,
      state: 'reset',
      ...(configs && { configs }),
    })
  }, 90_000)
  afterAll(async () => {
    await stack?.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  return () => present(stack)
}

function withLog(stack: SharedStack): UsedStack {
  const begin = readFileSync(stack.logPath).byteLength
  return { ...stack, log: () => readFileSync(stack.logPath).subarray(begin).toString() }
}

function present<T>(stack: T | undefined): T {
  if (stack === undefined) throw new Error('the stack is not up before the first test')
  return stack
}
