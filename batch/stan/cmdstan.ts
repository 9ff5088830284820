// Runs a CmdStan executable, ours or a user's: one process per chain, which every build of CmdStan supports.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import { mapConcurrently } from '../map-concurrently.ts'
import { parseStanCsv, type StanOutput } from './stan-csv.ts'

export interface SamplerSettings {
  readonly chains: number
  /** Per chain. */
  readonly warmup: number
  /** Per chain, after warm-up. */
  readonly draws: number
  readonly delta: number
  readonly maxTreedepth: number
  /** For all chains together. */
  readonly timeoutMs: number
}

/**
 * 10,000 draws give P(best) = 0.95 with an error of 0.002, and take 0.1 s for three variations, 0.6 s for
 * fifty. The time-out is for a machine that is busy with something else.
 */
export const defaultSampler: SamplerSettings = {
  chains: 4,
  warmup: 1000,
  draws: 2500,
  delta: 0.8,
  maxTreedepth: 10,
  timeoutMs: 30_000,
}

export interface SamplerRun {
  readonly executable: string
  readonly data: Readonly<Record<string, number | readonly number[] | readonly (readonly number[])[]>>
  readonly seed: number
  readonly settings: SamplerSettings
  readonly wanted: (column: string) => boolean
}

/** All chains in order, or the failure that came first; the other chains are then stopped. */
export async function sample(run: SamplerRun): Promise<Result<StanOutput[]>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tackline-stan-'))
  const stop = new AbortController()
  const timeout = AbortSignal.timeout(run.settings.timeoutMs)
  const signal = AbortSignal.any([stop.signal, timeout])
  try {
    const dataFile = path.join(folder, 'data.json')
    await writeFile(dataFile, JSON.stringify(run.data))
    const chainIds = Array.from({ length: run.settings.chains }, (_, k) => k + 1)
    const outputs = await mapConcurrently(chainIds, os.availableParallelism(), async (id) => {
      const output = await sampleChain(run, id, dataFile, path.join(folder, `chain-${id}.csv`), signal)
      if (!output.ok) stop.abort()
      return output
    })
    if (timeout.aborted) return refuse('UNAVAILABLE', `Stan was stopped after ${run.settings.timeoutMs} ms.`)
    return outputs
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function sampleChain(
  run: SamplerRun,
  id: number,
  dataFile: string,
  outputFile: string,
  signal: AbortSignal,
): Promise<Result<StanOutput>> {
  const ended = await execute(
    path.resolve(run.executable),
    chainArguments(run, id, dataFile, outputFile),
    signal,
  )
  if (!ended.ok) return ended
  const text = await readFile(outputFile, 'latin1').catch(() => '')
  return parseStanCsv(text, run.settings.draws, run.wanted)
}

/**
 * Arguments follow the word of their group. 17 digits represent a double exactly; the default keeps 6 to 8.
 */
export function chainArguments(
  { settings, seed }: SamplerRun,
  id: number,
  dataFile: string,
  outputFile: string,
): string[] {
  return [
    'sample',
    `num_samples=${settings.draws}`,
    `num_warmup=${settings.warmup}`,
    'save_warmup=0',
    'thin=1',
    'adapt',
    `delta=${settings.delta}`,
    'algorithm=hmc',
    'engine=nuts',
    `max_depth=${settings.maxTreedepth}`,
    'metric=diag_e',
    `id=${id}`,
    'data',
    `file=${dataFile}`,
    'init=2',
    'random',
    `seed=${seed}`,
    'output',
    `file=${outputFile}`,
    'refresh=0',
    'sig_figs=17',
  ]
}

const outputLengthMax = 16_384
const stopped = refuse('UNAVAILABLE', 'Stan was stopped.')

function execute(executable: string, parts: readonly string[], signal: AbortSignal): Promise<Result<void>> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(stopped)
    // In a group of its own: an executable may be a script, whose children would keep the pipes open.
    const child = spawn(executable, parts, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const stop = () => {
      killGroup(child.pid)
      resolve(stopped)
    }
    signal.addEventListener('abort', stop, { once: true })
    let output = ''
    const append = (chunk: Buffer) => {
      if (output.length < outputLengthMax) output += chunk.toString()
    }
    child.stdout.on('data', append)
    child.stderr.on('data', append)
    child.on('error', (error) => resolve(refuse('UNAVAILABLE', `Stan cannot be started: ${error.message}.`)))
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop)
      if (code === 0) return resolve(ok(undefined))
      const why =
        errorLine(output) ?? (killedBy ? `it was ended by ${killedBy}` : `it ended with code ${code}`)
      resolve(signal.aborted ? stopped : refuse('UNAVAILABLE', `Stan failed: ${why}.`))
    })
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it has ended already
  }
}

/** The line that says what went wrong, out of maybe a hundred: exceptions come first, other failures last. */
function errorLine(output: string): string | undefined {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const line =
    lines.find((text) => /exception|error|failed|mistyped|not a valid|can't open/i.test(text)) ?? lines.at(-1)
  return line?.replace(/^Exception: /, '').replace(/\.$/, '')
}
