// What the engine makes of an executable that behaves badly: a sentence, within one time-out, and never a
// figure.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { FitInput } from '../statistics/fit.ts'
import { unlessBroken, withCircuitBreaker } from './circuit-breaker.ts'
import { defaultSampler } from './cmdstan.ts'
import { stanEngine } from './conversion.ts'
import { valuesInStan } from './hurdle.ts'
import { payers } from './reference/models.ts'

let folder: string
beforeEach(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'tackline-test-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

const input: FitInput = {
  variations: [{ variationId: 'a', users: 100, conversions: 10 }],
  baselineVariationId: 'a',
  prior: { alpha: 0.5, beta: 0.5 },
  seed: 1,
}
const header = 'lp__,treedepth__,divergent__,p.1,is_best.1,beats_baseline.1,loss.1,uplift.1'
const draw = (rate: string) => `-6,1,0,${rate},1,0,0,0`

async function executableOf(body: string) {
  const file = path.join(folder, 'model')
  const output = 'for a in "$@"; do case "$a" in file=*.csv) output="${a#file=}";; esac; done'
  await writeFile(file, `#!/bin/sh\n${output}\n${body}\n`)
  await chmod(file, 0o755)
  return { kind: 'cmdstan', path: file, modelSha256: '0'.repeat(64) } as const
}
const engineOf = async (body: string, timeoutMs = 20_000) =>
  stanEngine(await executableOf(body), { ...defaultSampler, draws: 4, timeoutMs })
const writing = (...rates: readonly string[]) =>
  `printf '%s\\n' '${[header, ...rates.map(draw)].join("' '")}' > "$output"`

it.each(['nan', 'NaN', 'inf', '-inf'])('refuses draws with %s', async (odd) => {
  const engine = await engineOf(writing('0.1', '0.2', odd, '0.1'))
  expect(await engine.fit(input)).toEqual({
    ok: false,
    problem: { code: 'UNAVAILABLE', message: 'Stan failed: a draw of p.1 is no finite number.' },
  })
})

it('refuses chains that never moved', async () => {
  const engine = await engineOf(writing('0.1', '0.1', '0.1', '0.1'))
  expect(await engine.fit(input)).toMatchObject({
    ok: false,
    problem: { message: 'Stan failed: a chain never moved, so its draws are useless.' },
  })
})

it.each([
  ['crashes', 'kill -SEGV $$', 'Stan failed: it was ended by SIGSEGV.'],
  ['is silent', 'exit 0', "Stan's output cannot be used: it has no header."],
  ['writes half of its draws', writing('0.1', '0.2'), "Stan's output cannot be used: it has 2 of 4 draws."],
])('refuses one that %s', async (_, body, message) => {
  expect(await (await engineOf(body)).fit(input)).toMatchObject({ ok: false, problem: { message } })
})

it('costs one time-out in a run if it hangs', async () => {
  const engine = withCircuitBreaker(await engineOf('sleep 20', 700))
  const started = performance.now()
  for (let goal = 0; goal < 10; goal++) expect((await engine.fit(input)).ok).toBe(false)
  expect(performance.now() - started).toBeLessThan(6_000)
})

it('costs one time-out in a run, too, if it hangs over values', async () => {
  const asked = {
    ...payers,
    arms: payers.arms.map((arm, k) => ({ ...arm, variationId: 'abc'[k]!, meanValue: 60, meanError: 9 })),
    baselineVariationId: 'a',
    direction: 'increase',
  } as const
  const hanging = valuesInStan(await executableOf('sleep 20'), { ...defaultSampler, timeoutMs: 300 })
  const ask = unlessBroken(hanging)
  const stopped = 'Stan was stopped after 300 ms'
  for (const message of [stopped, `Stan is not asked again in this run, since it failed: ${stopped}`])
    expect(await ask(asked)).toMatchObject({ ok: false, problem: { code: 'UNAVAILABLE', message } })
})
