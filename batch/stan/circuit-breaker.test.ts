import { describe, expect, it } from 'vitest'
import { refuse } from '../../core/model/problem.ts'
import { exactEngine } from '../statistics/exact.ts'
import type { Engine, FitInput } from '../statistics/fit.ts'
import { withCircuitBreaker, withFallback } from './circuit-breaker.ts'

const input: FitInput = {
  variations: [{ variationId: 'a', users: 100, conversions: 10 }],
  baselineVariationId: 'a',
  prior: { alpha: 0.5, beta: 0.5 },
  seed: 1,
}

/** Fails with these codes in turn, then works. */
function failing(...codes: readonly ('UNAVAILABLE' | 'INVALID')[]) {
  const left = [...codes]
  let calls = 0
  const engine: Engine = {
    fit: async (given) => {
      calls++
      const code = left.shift()
      return code ? refuse(code, 'Stan was stopped after 30 s.') : exactEngine.fit(given)
    },
  }
  return { engine, calls: () => calls }
}

describe('the circuit breaker', () => {
  it('asks a model that failed never again, and keeps saying why', async () => {
    const { engine, calls } = failing('UNAVAILABLE')
    const breaker = withCircuitBreaker(engine)
    const answers = [await breaker.fit(input), await breaker.fit(input), await breaker.fit(input)]
    expect(answers.map((answer) => !answer.ok && answer.problem.message)).toEqual([
      'Stan was stopped after 30 s.',
      'Stan is not asked again in this run, since it failed: Stan was stopped after 30 s.',
      'Stan is not asked again in this run, since it failed: Stan was stopped after 30 s.',
    ])
    expect(calls()).toBe(1)
  })

  it('takes an invalid input for no failure of the model', async () => {
    const { engine, calls } = failing('INVALID')
    const breaker = withCircuitBreaker(engine)
    expect((await breaker.fit(input)).ok).toBe(false)
    expect((await breaker.fit(input)).ok).toBe(true)
    expect(calls()).toBe(2)
  })
})

describe('the fallback', () => {
  it('computes with the closed form, and says so', async () => {
    const { engine } = failing('UNAVAILABLE')
    expect(await withFallback(engine, exactEngine).fit(input)).toMatchObject({
      ok: true,
      value: { engine: { kind: 'exact', method: 'beta-binomial quadrature, because Stan failed' } },
    })
  })

  it('leaves what works, and what is invalid, as it is', async () => {
    expect(await withFallback(exactEngine, failing('UNAVAILABLE').engine).fit(input)).toMatchObject({
      ok: true,
    })
    expect(await withFallback(failing('INVALID').engine, exactEngine).fit(input)).toMatchObject({
      problem: { code: 'INVALID' },
    })
  })
})
