// The demo as a person runs it, with fewer visitors: the published SDKs, real Stan where it is built, and
// every claim has to hold.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

it('holds all it claims', async () => {
  const command = [
    '--experimental-strip-types',
    '--disable-warning=ExperimentalWarning',
    'test/demo/run.ts',
    '--visitors',
    '200',
    '--own-stack',
  ]
  // Exits with 1, and execFile rejects with all that was printed, where a claim failed.
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, timeout: 110_000 })
  expect(stdout).toContain('held    the kill switch turned fast-search off')
  expect(stdout).not.toContain('FAILED')
}, 120_000)
