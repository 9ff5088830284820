// One seed for everything random in tests, so that a run gives the same verdict twice.
// `npm test -- --explore` draws another seed and prints it; TEST_SEED plays one again.

export const seed = Number(process.env['TEST_SEED'] ?? 20_261_129)
