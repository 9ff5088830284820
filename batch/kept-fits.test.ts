// What a run keeps of its posteriors: equal input is not computed again, any other input is.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { refuse } from '../core/model/problem.ts'
import { keptFits } from './kept-fits.ts'
import { findNative, pickEngine } from './stan/engine.ts'
import { payers } from './stan/reference/models.ts'
import { exactEngine } from './statistics/exact.ts'
import type { Engine, FitInput, ValueInput } from './statistics/fit.ts'

const stan = await findNative(process.env)
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

async function fitAll(environmentId: string, inputs: readonly FitInput[], identity = '') {
  const { engine, calls } = counting()
  const kept = await keptFits({ engine, kind: 'exact', identity }, folder, environmentId)
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

it('are computed again by another model, and what stood in for the engine is not kept', async () => {
  await fitAll('model', [input(11)], 'a model')
  expect(await fitAll('model', [input(11)], 'another')).toBe(1)
  const { engine, calls } = counting()
  for (let i = 0; i < 2; i++) {
    const kept = await keptFits({ engine, kind: 'stan-native', identity: '' }, folder, 'instead')
    await kept.engine.fit(input(11))
    await kept.save()
  }
  expect(calls()).toBe(2)
})

it.skipIf(!stan.ok)('are drawn once by Stan: rates, segments and values', async () => {
  const picked = await pickEngine('stan-native', process.env)
  if (!picked.ok) throw new Error(picked.problem.message)
  const segments = { attribute: 'plan', seed: 1 }
  const table = [
    [1_000, 1_000],
    [900, 900],
    [800, 800],
  ]
  const askAll = async (engine: Engine) => [
    await engine.fit(input(11)),
    await engine.pool!({
      ...segments,
      users: table,
      conversions: table.map((row) => row.map((users) => users / 10)),
    }),
    await engine.values!({
      ...payers,
      arms: payers.arms.map((arm, k) => ({ ...arm, variationId: 'abc'[k]!, meanValue: 60, meanError: 9 })),
      baselineVariationId: 'a',
      direction: 'increase',
    }),
  ]
  const first = await keptFits(picked.value, folder, 'stan')
  const answers = await askAll(first.engine)
  expect(answers.map((answer) => answer.ok && answer.value.engine.kind)).toEqual(
    answers.map(() => 'stan-native'),
  )
  await first.save()
  const never = async () => refuse('UNAVAILABLE', 'It was asked again.')
  const silent: Engine = { fit: never, pool: never, values: never }
  const next = await keptFits({ ...picked.value, engine: silent }, folder, 'stan')
  expect(await askAll(next.engine)).toEqual(answers)
})

it('are not asked for again where the engine has no answer to the question', async () => {
  let calls = 0
  const answerOf = async () => {
    calls++
    return refuse('INVALID', 'the chains did not converge')
  }
  const engine: Engine = { ...exactEngine, values: answerOf }
  const asked: ValueInput = {
    ...payers,
    arms: payers.arms.map((arm, k) => ({ ...arm, variationId: 'abc'[k]!, meanValue: 60, meanError: 9 })),
    baselineVariationId: 'a',
    direction: 'increase',
  }
  const run = async (...questions: readonly ValueInput[]) => {
    const kept = await keptFits({ engine, kind: 'exact', identity: '' }, folder, 'refused')
    for (const question of questions)
      expect(await kept.engine.values!(question)).toEqual(refuse('INVALID', 'the chains did not converge'))
    await kept.save()
    return calls
  }
  expect(await run(asked, asked)).toBe(1)
  expect(await run(asked)).toBe(1)
  expect(await run({ ...asked, location: 2 })).toBe(2)
  expect(await run(asked)).toBe(3)
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
  const kept = await keptFits({ engine: failing, kind: 'exact', identity: '' }, folder, 'failing')
  for (let i = 0; i < 2; i++) expect((await kept.engine.fit(input(11))).ok).toBe(false)
  expect(calls).toBe(2)
})
