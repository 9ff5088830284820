// What a run keeps of its posteriors: equal input is not computed again, any other input is.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { refuse } from '../core/model/problem.ts'
import { keptFits } from './kept-fits.ts'
import { exactEngine } from './statistics/exact.ts'
import type { Engine, FitInput } from './statistics/fit.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-fits-'))
afterAll(() => rmSync(folder, { recursive: true }))

const input = (conversions: number, more: Partial<FitInput> = {}): FitInput => ({
  variations: [
    { variationId: 'a', users: 100, conversions: 10 },
    { variationId: 'b', users: 100, conversions },
  ],
  baselineVariationId: 'a',
  prior: { alpha: 0.5, beta: 0.5 },
  seed: 1,
  ...more,
})

function counting() {
  let calls = 0
  const engine: Engine = {
    fit: (given) => {
      calls++
      return exactEngine.fit(given)
    },
  }
  return { engine, calls: () => calls }
}

async function fitAll(environmentId: string, inputs: readonly FitInput[]) {
  const { engine, calls } = counting()
  const kept = await keptFits(engine, folder, environmentId)
  const fits = []
  for (const each of inputs) fits.push(await kept.engine.fit(each))
  await kept.save()
  expect(fits).toEqual(await Promise.all(inputs.map((each) => exactEngine.fit(each))))
  return calls()
}

it('are computed once for equal input, in this run and the next, to the digit', async () => {
  expect(await fitAll('once', [input(11), input(12), input(11)])).toBe(2)
  expect(await fitAll('once', [input(12), input(11)])).toBe(0)
})

it('are computed for whatever differs', async () => {
  await fitAll('other', [input(11)])
  const others = [
    input(10),
    input(11, { direction: 'decrease' }),
    input(11, { seed: 2 }),
    input(11, { prior: { alpha: 1, beta: 0.5 } }),
    input(11, { baselineVariationId: 'b' }),
  ]
  expect(await fitAll('other', others)).toBe(others.length)
})

it('go if a run does not need them, and are of one environment', async () => {
  await fitAll('going', [input(11), input(12)])
  await fitAll('going', [input(11)])
  expect(await fitAll('going', [input(12)])).toBe(1)
  expect(await fitAll('elsewhere', [input(12)])).toBe(1)
})

it('are computed again where the file is damaged, and failures are not kept', async () => {
  await fitAll('damaged', [input(11)])
  const file = path.join(folder, 'counts', 'environment=damaged', 'fits.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('0.', '9.'))
  expect(await fitAll('damaged', [input(11)])).toBe(1)
  let calls = 0
  const failing: Engine = {
    fit: async () => {
      calls++
      return refuse('UNAVAILABLE', 'No.')
    },
  }
  const kept = await keptFits(failing, folder, 'failing')
  for (let i = 0; i < 2; i++) expect((await kept.engine.fit(input(11))).ok).toBe(false)
  expect(calls).toBe(2)
})
