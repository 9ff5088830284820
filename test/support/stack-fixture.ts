// Gives a test file a real stack of its own: all three Workers in workerd.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type Stack, type StackOptions, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'

export * from './environment.ts' // what nearly every test of a stack needs as well

/** Starts a stack before the first test of the file. Stops it and deletes its data after the last. */
export function useStack(configs: StackOptions['configs'] = {}): () => Stack {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-test-'))
  let stack: Stack | undefined
  beforeAll(async () => {
    stack = await startStack({ port: await freePort(), directory, state: 'reset', configs })
  }, 60_000)
  afterAll(async () => {
    await stack?.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  return () => {
    if (!stack) throw new Error('the stack is not up before the first test')
    return stack
  }
}
