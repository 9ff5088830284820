// `npm test`: builds Stan, runs every test, and ends with one line, `N passed, N failed`. Arguments go to
// Vitest. A run that names files (or has a `-t` pattern) does not build Stan. `--explore` plays the laws with
// other cases than the usual ones, and says with which.
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root, toolEnv } from './tool.ts'

process.chdir(root)
const env: NodeJS.ProcessEnv = {
  ...toolEnv,
  CI: '1',
  ...(!process.stdout.isTTY && { NO_COLOR: '1' }),
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  // wrangler and the runner are started some hundred times, and each time compiled
  NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/node'),
}

const explores = process.argv.includes('--explore')
if (explores) {
  env['TEST_SEED'] = String(randomInt(2 ** 31))
  console.log(`Random cases with TEST_SEED=${env['TEST_SEED']}`)
}
const options = process.argv.slice(2).filter((option) => option !== '--explore')
const isPartial = options.some((option) => !option.startsWith('-'))
const folder = mkdtempSync(path.join(tmpdir(), 'tackline-test-'))
const summaryFile = path.join(folder, 'summary')
try {
  if (!isPartial) await buildStan()
  const code = await runVitest()
  const line = readSummary(code)
  process.exitCode = code || (/, 0 failed/.test(line) ? 0 : 1)
  console.log(line)
} catch (error) {
  process.exitCode = 1
  console.error(error instanceof Error ? error.message : error)
  console.log('0 passed, 1 failed')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Builds Stan, or prints the last line of the build as the reason why not. */
async function buildStan(): Promise<void> {
  let last = ''
  const child = spawn('bash', ['batch/stan/build.sh'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    from.on('data', (chunk: Buffer) => {
      to.write(chunk)
      last = chunk.toString().trim().split('\n').at(-1) || last
    })
  }
  const code = await exitOf(child)
  if (code === 0) return
  const reason = last || `batch/stan/build.sh ended with code ${code}`
  if (process.env['TACKLINE_STAN'] === 'required')
    throw new Error(`Stan is required and was not built: ${reason}`)
  console.log(`Tests that need Stan are skipped, because it was not built: ${reason}`)
}

function runVitest(): Promise<number> {
  const child = spawn('vitest', ['run', ...options], {
    env: { ...env, TACKLINE_TEST_SUMMARY: summaryFile },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return exitOf(child)
}

/**
 * The reporter's line. If it is missing, or Vitest failed outside of its tests, the line reports a failure.
 */
function readSummary(code: number): string {
  let line = '0 passed, 1 failed'
  try {
    line = readFileSync(summaryFile, 'utf8')
  } catch {
    if (code === 0) console.error('Vitest ended without a summary.')
  }
  return code === 0 ? line : line.replace(', 0 failed', ', 1 failed')
}

function exitOf(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}
