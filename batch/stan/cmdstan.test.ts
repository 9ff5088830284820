// The adapter against small scripts that behave like CmdStan executables. conversion.test.ts runs the real
// one.
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { chainArguments, defaultSampler, sample, type SamplerRun } from './cmdstan.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'tackline-test-'))
  vi.stubEnv('TMPDIR', folder) // the adapter's temporary folder must not remain here
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

/** An executable that finds its arguments in $data, $output and $id. */
async function script(body: string): Promise<string> {
  const file = path.join(folder, 'model')
  const head = `section=
for a in "$@"; do
  case "$a" in
    data|output) section=$a;;
    file=*) eval "$section=\\\${a#file=}";;
    id=*) id=\${a#id=};;
  esac
done`
  await writeFile(file, `#!/bin/sh\n${head}\n${body}\n`)
  await chmod(file, 0o755)
  return file
}
const run = (executable: string, more: Partial<SamplerRun['settings']> = {}): SamplerRun => ({
  executable,
  data: { K: 1, n: [5] },
  seed: 9,
  settings: { ...defaultSampler, chains: 4, draws: 2, ...more },
  wanted: () => true,
})
const unavailable = (message: string) => ({ ok: false, problem: { code: 'UNAVAILABLE', message } })

describe('sample', () => {
  it('runs one process per chain and returns the chains in order', async () => {
    const executable = await script('printf "p.1\\n$id\\n$id\\n" > "$output"')
    const drawn = await sample(run(executable))
    expect(drawn.ok && drawn.value.map(({ columns }) => columns.get('p.1')![0])).toEqual([1, 2, 3, 4])
  })

  it('passes the data as JSON and removes its folder', async () => {
    const executable = await script(`cp "$data" "${folder}/seen.json"; printf "p.1\\n1\\n1\\n" > "$output"`)
    await sample(run(executable))
    expect(JSON.parse(await readFile(path.join(folder, 'seen.json'), 'utf8'))).toEqual({ K: 1, n: [5] })
    expect((await readdir(folder)).toSorted()).toEqual(['model', 'seen.json'])
  })

  it('runs no more processes at a time than the machine has processors', async () => {
    const executable = await script(
      `mkdir "${folder}/busy-$id"; ls -d "${folder}"/busy-* | wc -l >> "${folder}/seen"; sleep 0.2; ` +
        `rmdir "${folder}/busy-$id"; printf "p.1\\n1\\n1\\n" > "$output"`,
    )
    await sample(run(executable, { chains: 6 }))
    const seen = (await readFile(path.join(folder, 'seen'), 'utf8')).trim().split('\n').map(Number)
    expect(seen).toHaveLength(6)
    expect(Math.max(...seen)).toBeLessThanOrEqual(os.availableParallelism())
  })

  it('finds the error message of the model among other output', async () => {
    const executable = await script(
      'echo Gradient took 1 second; echo "Exception: no users (in model.stan)" >&2; echo bye; exit 1',
    )
    expect(await sample(run(executable))).toEqual(unavailable('Stan failed: no users (in model.stan).'))
  })

  it('says how an executable ended that printed nothing', async () => {
    expect(await sample(run(await script('exit 70')))).toEqual(
      unavailable('Stan failed: it ended with code 70.'),
    )
    expect(await sample(run(await script('kill -KILL $$')))).toEqual(
      unavailable('Stan failed: it was ended by SIGKILL.'),
    )
  })

  it('does not trust an exit code of zero if the output holds only comments', async () => {
    const executable = await script('echo "# Initialization failed" > "$output"')
    expect(await sample(run(executable))).toEqual(
      unavailable("Stan's output cannot be used: it has no header."),
    )
    expect(await sample(run(await script('exit 0')))).toEqual(
      unavailable("Stan's output cannot be used: it has no header."),
    )
  })

  it('stops all chains at the timeout', async () => {
    const started = performance.now()
    const drawn = await sample(run(await script('exec sleep 20'), { timeoutMs: 300 }))
    expect(drawn).toEqual(unavailable('Stan was stopped after 300 ms.'))
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(await readdir(folder)).toEqual(['model'])
  })

  it('stops what an executable has started in turn', async () => {
    const started = performance.now()
    const pidFile = path.join(folder, 'pid')
    const drawn = await sample(
      run(await script(`sleep 20 & echo $! > "${pidFile}"; wait`), { timeoutMs: 1_500, chains: 1 }),
    )
    expect(drawn).toEqual(unavailable('Stan was stopped after 1500 ms.'))
    expect(performance.now() - started).toBeLessThan(10_000)
    const pid = Number(await readFile(pidFile, 'utf8'))
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 5_000)
  })

  it('stops the other chains when one fails, and names the failure', async () => {
    const started = performance.now()
    const executable = await script(
      '[ "$id" = 1 ] || exec sleep 20; sleep 0.2; echo "error: broken" >&2; exit 1',
    )
    expect(await sample(run(executable))).toEqual(unavailable('Stan failed: error: broken.'))
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('says that an executable is missing', async () => {
    const missing = path.join(folder, 'nothing')
    expect(await sample(run(missing))).toEqual(
      unavailable(`Stan cannot be started: spawn ${missing} ENOENT.`),
    )
  })
})

it('puts each argument into its group, as CmdStan requires', () => {
  expect(chainArguments(run('m'), 3, '/d.json', '/o.csv').join(' ')).toBe(
    'sample num_samples=2 num_warmup=1000 save_warmup=0 thin=1 adapt delta=0.8 algorithm=hmc engine=nuts ' +
      'max_depth=10 metric=diag_e id=3 data file=/d.json init=2 random seed=9 output file=/o.csv ' +
      'refresh=0 sig_figs=17',
  )
})
