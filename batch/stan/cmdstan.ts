// Runs a CmdStan executable, ours or a user's: one process a chain, as works with every build of CmdStan.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { ok, refuse, type Result } from '../../core/model/problem.ts'
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

/** 10,000 draws put P(best) = 0.95 within 0.002, and take a tenth of a second for three variations. */
export const defaultSampler: SamplerSettings = {
  chains: 4,
  warmup: 1000,
  draws: 2500,
  delta: 0.8,
  maxTreedepth: 10,
  timeoutMs: 120_000,
}

export interface SamplerRun {
  readonly executable: string
  readonly data: Readonly<Record<string, number | readonly number[]>>
  readonly seed: number
  readonly settings: SamplerSettings
  readonly wanted: (column: string) => boolean
}

/** All chains, or the first failure in one sentence; the others are then stopped. */
export async function sample(run: SamplerRun): Promise<Result<StanOutput[]>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tackline-stan-'))
  const stop = new AbortController()
  const late = AbortSignal.timeout(run.settings.timeoutMs)
  try {
    const dataFile = path.join(folder, 'data.json')
    await writeFile(dataFile, JSON.stringify(run.data))
    const outputs: StanOutput[] = []
    const chains = Array.from({ length: run.settings.chains }, (_, k) => k + 1).values()
    // Each lane takes the next chain when it has finished one; the lanes share the iterator.
    const lane = async (): Promise<Result<void>> => {
      for (const id of chains) {
        const outputFile = path.join(folder, `chain-${id}.csv`)
        const output = await sampleChain(run, id, dataFile, outputFile, AbortSignal.any([stop.signal, late]))
        if (!output.ok) {
          stop.abort()
          return output
        }
        outputs[id - 1] = output.value
      }
      return ok(undefined)
    }
    const lanes = await Promise.all(Array.from({ length: os.availableParallelism() }, lane))
    if (late.aborted) return refuse('UNAVAILABLE', `Stan was stopped after ${run.settings.timeoutMs} ms.`)
    const failures = lanes.filter((result) => !result.ok)
    return (
      failures.find(({ problem }) => problem.message !== stopped.problem.message) ??
      failures[0] ??
      ok(outputs)
    )
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
 * Sub-arguments follow their group's word. 17 digits carry a double without loss; the default would keep 6 to
 * 8.
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

const spokenLengthMax = 16_384
const stopped = refuse('UNAVAILABLE', 'Stan was stopped.')

function execute(executable: string, parts: readonly string[], signal: AbortSignal): Promise<Result<void>> {
  return new Promise((resolve) => {
    const child = spawn(executable, parts, {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    })
    let spoken = ''
    const listen = (chunk: Buffer) => {
      if (spoken.length < spokenLengthMax) spoken += chunk.toString()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.on('error', (error) =>
      resolve(signal.aborted ? stopped : refuse('UNAVAILABLE', `Stan cannot be started: ${error.message}.`)),
    )
    child.on('close', (code, killedBy) => {
      if (code === 0) return resolve(ok(undefined))
      const why =
        complaint(spoken) ?? (killedBy ? `it was ended by ${killedBy}` : `it ended with code ${code}`)
      resolve(signal.aborted ? stopped : refuse('UNAVAILABLE', `Stan failed: ${why}.`))
    })
  })
}

/** The line that tells, out of what may be a hundred: exceptions come first and failures come last. */
function complaint(spoken: string): string | undefined {
  const lines = spoken
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const line =
    lines.find((text) => /exception|error|failed|mistyped|not a valid|can't open/i.test(text)) ?? lines.at(-1)
  return line?.replace(/^Exception: /, '').replace(/\.$/, '')
}
