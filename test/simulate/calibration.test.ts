// The short form of `npm run simulate -- --only calibration`. Skipped if Stan is not built, with the reason
// in the title; with TACKLINE_STAN=required that is a failure.
import { expect, it } from 'vitest'
import { findNative } from '../../batch/stan/engine.ts'
import { calibrate } from './calibration.ts'

const found = await findNative(process.env)
const skipped = !found.ok && process.env['TACKLINE_STAN'] !== 'required'
const why = found.ok ? '' : ` (${found.problem.message})`

it.skipIf(skipped).each(['conversion', 'hurdle', 'hierarchical'])(
  `the model %s finds what made the data${why}`,
  async (model) => {
    const all = await calibrate(20, process.env, model)
    expect(all.length).toBeGreaterThan(1)
    for (const { quantity, difference, differenceMax } of all)
      expect([quantity, difference <= differenceMax]).toEqual([quantity, true])
  },
)
