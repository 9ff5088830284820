// The demo as a person runs it, with fewer visitors: the published SDKs, real Stan if it is built. Every
// claim must hold.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

const command = [
  '--experimental-strip-types',
  '--disable-warning=ExperimentalWarning',
  'test/demo/run.ts',
  '--quick',
  '--own-stack',
]

it('holds every claim', async () => {
  // If a claim fails it exits with 1, and execFile rejects with the whole output.
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, timeout: 570_000 })
  expect(stdout).toContain('held    the kill switch turned fast-search off')
  expect(stdout).not.toContain('FAILED')
}, 600_000) // ends what hangs; on a busy machine it takes two minutes

it('says where it was interrupted, and leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tackline-test-'))
  try {
    const demo = spawn(process.execPath, command, { cwd: root, env: { ...process.env, TMPDIR: folder } })
    let [output, errors] = ['', '']
    demo.stdout.on('data', (chunk) => (output += chunk))
    demo.stderr.on('data', (chunk) => (errors += chunk))
    const ended = once(demo, 'exit')
    await expect.poll(() => output, { timeout: 250_000 }).toContain(' visitors, ')
    expect(readdirSync(folder).filter((name) => name.startsWith('tackline-demo-'))).toHaveLength(1)
    demo.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect(errors).toMatch(/Stopped by SIGINT while visitors were being sent to environment demo-\w+\./)
    expect(readdirSync(folder).filter((name) => name.startsWith('tackline-demo-'))).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 600_000)
