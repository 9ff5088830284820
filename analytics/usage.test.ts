import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { EventRecord } from './records.ts'
import { lastExposures } from './usage.ts'

const name = fc.constantFrom('a', 'b', 'c')
const record = fc.record({
  kind: fc.constantFrom('exposure', 'exposure', 'tracking'),
  environmentId: name,
  flagKey: name,
  variationId: name,
  receivedAt: fc.integer({ min: 1, max: 1_000 }),
}) as unknown as fc.Arbitrary<EventRecord>

it('is the newest exposure of each variation, whatever the order, and repetition changes nothing', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 40 }), (records) => {
      const newest = lastExposures(records)
      const exposures = records.filter((each) => each.kind === 'exposure')
      for (const { environmentId, flagKey, variationId, receivedAt } of exposures) {
        const found = newest.filter(
          (each) =>
            each.environmentId === environmentId &&
            each.flagKey === flagKey &&
            each.variationId === variationId,
        )
        expect(found).toHaveLength(1)
        expect(found[0]!.at).toBeGreaterThanOrEqual(receivedAt)
      }
      for (const each of newest)
        expect(exposures).toContainEqual(
          expect.objectContaining({ flagKey: each.flagKey, receivedAt: each.at }),
        )
      expect(lastExposures([...records, ...records.toReversed()])).toHaveLength(newest.length)
    }),
  )
})
