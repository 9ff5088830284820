// Plays schedules one after another on a stack of their own. At the end the runner counts all environments:
// raw objects, and again with an empty cache after a compaction. Its counts must be what SDKs were told.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import type { Progress } from './faults.ts'
import { judgeCounts, judgeQuiet } from './judge.ts'
import { play, type Played, progressOf, watched } from './play.ts'
import { noProxyFaults, startChaosProxy } from './proxy.ts'
import { type Run, runBatch } from './runner.ts'
import type { Schedule } from './schedule.ts'

export interface Block {
  readonly played: readonly Played[]
  /** Of no schedule alone. */
  readonly findings: readonly string[]
  readonly progress: Progress
}

const configs = { edge: 'test/chaos/edge/wrangler.toml', ingest: 'test/chaos/ingest/wrangler.toml' }

export async function playBlock(
  schedules: readonly Schedule[],
  onPlayed: (played: Played) => void = () => {},
): Promise<Block> {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-chaos-stack-'))
  const folder = (name: string) => join(directory, name)
  const stack = await startStack({
    port: await freePort(),
    directory: folder('stack'),
    state: 'reset',
    configs,
  })
  const proxy = await startChaosProxy(stack.url)
  try {
    const setting = { proxy, token: stack.token, compileCache: folder('compiled') }
    const played: Played[] = []
    for (const schedule of schedules) {
      const done = await play(schedule, stack, setting)
      played.push(done)
      onPlayed(done)
    }
    const run = (order: string, cache: string) =>
      runBatch(setting, order, undefined, noProxyFaults, folder(cache))
    const findings: string[] = []
    const count = async (what: string, cache: string) => {
      const counted = await run('all', cache)
      findings.push(...judgeQuiet(counted).map((finding) => `${what}: ${finding}`))
      noteCounts(what, counted, played)
    }
    await count('of what is not compacted yet', 'cache')
    findings.push(...judgeQuiet(await run('compact', 'cache')))
    await count('compacted', 'fresh')
    return { played, findings, progress: await progressOf(stack) }
  } finally {
    await proxy.close()
    await stack.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

function noteCounts(what: string, run: Run, played: readonly Played[]): void {
  for (const { environmentId, expected, findings } of played)
    findings.push(
      ...judgeCounts(run, environmentId, expected, watched).map((finding) => `${what}: ${finding}`),
    )
}
