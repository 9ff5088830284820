// Scales random and repeated work by TEST_SCALE: 1 by default, less for mutation tests, which run the tests
// very often.

const scale = Number(process.env['TEST_SCALE'] ?? 1)

/** A scaled number of cases or repetitions; at least 1. */
export const scaled = (count: number) => Math.max(1, Math.round(count * scale))
