// How much of the random and repeated work a run does: 1 as a rule, less where every mutant of the code has to get past the tests.

const scale = Number(process.env['TEST_SCALE'] ?? 1)

/** A number of cases or repetitions, scaled; at least one. */
export const scaled = (count: number) => Math.max(1, Math.round(count * scale))
