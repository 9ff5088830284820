// A progressive rollout works for AB Tasty's SDKs that bucket by themselves: the file changes, and a visitor
// who once got the variation by it keeps it.
import murmurhash from 'murmurhash-js'
import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { flag, fixed, rollout } from '../../../test/support/build/flags.ts'
import { scaled } from '../../../test/support/build/scale.ts'
import { weightPerPercent } from '../../../core/model/limits.ts'
import { strategyAfter, withStrategy } from '../../../core/model/progressive-rollout.ts'
import { bucketingFile } from './bucketing-file.ts'

/** As the SDK does it: murmur3 of group and visitor, modulo 100, below the cumulative allocation. */
function bucketed(file: ReturnType<typeof bucketingFile>['file'], visitorId: string): string | undefined {
  const [group] = file.campaigns[0]!.variationGroups
  const bucket = murmurhash.murmur3(group!.id + visitorId, 0) % 100
  let cumulative = 0
  return group!.variations.find(({ allocation }) => bucket < (cumulative += allocation))?.id
}

it('only adds visitors, step by step, and moves nobody who is in', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 6 })
  const befores = fc.constantFrom(fixed('a'), rollout({ a: 100_000 }), rollout({ c: 20_000, a: 80_000 }))
  let joined = 0
  fc.assert(
    fc.property(befores, cuts, fc.array(fc.string(), { minLength: 30 }), (before, percents, visitors) => {
      const most = before.kind === 'rollout' && before.shares.length > 1 ? 80 : 100
      const weights = percents.filter((each) => each <= most).toSorted((p, q) => p - q)
      const steps = weights.map((each) => ({
        weight: each * weightPerPercent,
        holdMs: 1_000,
        approval: false,
      }))
      const plan = { variationId: 'b', fromVariationId: 'a', steps }
      let last: (string | undefined)[] | undefined
      for (let made = 0; made <= steps.length; made++) {
        const strategy = strategyAfter(before, plan, made)
        const { file, omitted } = bucketingFile({
          flags: [withStrategy(flag({ key: 'f' }), 'f-default', strategy)],
        })
        expect(omitted).toEqual([])
        const now = visitors.map((id) => bucketed(file, id))
        now.forEach((variation, i) => {
          if (!last || last[i] === variation) return
          joined++
          expect([last[i], variation]).toEqual(['a', 'b'])
        })
        last = now
      }
    }),
    { numRuns: scaled(200) },
  )
  expect(joined).toBeGreaterThan(100)
})
