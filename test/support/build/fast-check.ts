// fast-check with one seed for all laws, so that a run of the tests gives the same verdict twice.
// `npm test -- --explore` draws another seed and prints it; TEST_SEED plays one again.
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['TEST_SEED'] ?? 20_261_129) })

export { default } from 'fast-check'
