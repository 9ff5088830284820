// The runner's Worker agrees with itself, with the image and with the runner; wrangler takes its
// configuration. No container is started here: that needs an account.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { experimental_readRawConfig as readRawConfig } from 'wrangler'
import { jobNames } from '../../batch/serve/schedule.ts'
import { root, toolEnv } from '../../scripts/tool.ts'

const folder = path.join(root, 'workers/runner')
const config = path.join(folder, 'wrangler.toml')
const source = readFileSync(path.join(folder, 'index.ts'), 'utf8')
const { rawConfig } = readRawConfig({ config })

it('has a job for each cron, which the command line knows', () => {
  const pairs = [...source.matchAll(/^ {2}'([^']+ [^']+)': '(\w+)',$/gm)].map(([, cron, job]) => [cron, job])
  expect(pairs.map(([cron]) => cron)).toEqual(rawConfig.triggers?.crons)
  expect(new Set(pairs.map(([, job]) => job))).toEqual(new Set(jobNames))
  expect(rawConfig.containers?.[0]?.max_instances).toBe(pairs.length)
})

it('runs what the image has', () => {
  const dockerfile = readFileSync(path.join(folder, String(rawConfig.containers?.[0]?.image)), 'utf8')
  const [, entry = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? []
  const words = [...source.matchAll(/^ {2}'(node|--[\w=-]+|batch\/cli\.ts)',$/gm)].map(([, word]) => word)
  expect(words).toEqual(JSON.parse(entry))
})

it('passes what the runner reads', () => {
  const readme = readFileSync(path.join(root, 'batch/README.md'), 'utf8')
  const names = [...source.matchAll(/^ {2}'(TACKLINE_\w+)',$/gm)].map(([, name]) => name!)
  expect(names).toHaveLength(6)
  expect(names.filter((name) => !readme.includes(name))).toEqual([])
})

it('is taken by wrangler', { timeout: 120_000 }, async () => {
  const outdir = mkdtempSync(path.join(tmpdir(), 'tackline-runner-'))
  try {
    const args = ['deploy', '--dry-run', '--containers-rollout=none', '--config', config, '--outdir', outdir]
    const env = { ...toolEnv, CI: '1', WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false' }
    const { stdout } = await promisify(execFile)('wrangler', args, { cwd: root, env })
    expect(stdout).toContain('env.RUNNER (Runner)')
    expect(readFileSync(path.join(outdir, 'index.js'), 'utf8')).toContain('operations')
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
})
