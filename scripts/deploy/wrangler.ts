// Runs wrangler without questions and reads its answers. Expected refusals are values; others are thrown with
// what wrangler printed.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Outcome, run, toolEnv } from '../tool.ts'

export type WranglerOutcome = Outcome & { readonly stdout: string }
export type Wrangler = (...args: string[]) => Promise<WranglerOutcome>

/** CI: it asks nothing and writes no ids into a tracked configuration. */
const quiet = {
  CI: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_WRITE_LOGS: 'false',
  NO_COLOR: '1',
}

export const wrangler: Wrangler = (...args) => {
  Object.assign(toolEnv, quiet)
  return run('wrangler', ...args)
}

/** Throws what wrangler printed, after a sentence. */
export async function mustRun(runWrangler: Wrangler, sentence: string, ...args: string[]): Promise<string> {
  const { ok, output, stdout } = await runWrangler(...args)
  if (ok) return stdout
  throw new Error(`${sentence}\n${output.trim()}`)
}

/** What wrangler prints as JSON, perhaps after lines of text. */
export function parseJson<T>(stdout: string): T {
  const start = stdout.search(/^[[{]/m)
  return JSON.parse(stdout.slice(Math.max(0, start))) as T
}

/** The addresses under which a Worker is found after its upload, from wrangler's own record of the run. */
export async function deployed(runWrangler: Wrangler, ...args: string[]): Promise<string[]> {
  const record = path.join(tmpdir(), `tackline-deploy-${randomUUID()}.ndjson`)
  Object.assign(toolEnv, { WRANGLER_OUTPUT_FILE_PATH: record })
  try {
    await mustRun(runWrangler, 'The upload failed; run the same command again to go on.', ...args)
    if (!existsSync(record)) return []
    const lines = readFileSync(record, 'utf8').trim().split('\n')
    const entries = lines.map((line) => JSON.parse(line) as { type: string; targets?: string[] })
    return entries.findLast(({ type }) => type === 'deploy')?.targets ?? []
  } finally {
    delete (toolEnv as Record<string, string | undefined>)['WRANGLER_OUTPUT_FILE_PATH']
    rmSync(record, { force: true })
  }
}
