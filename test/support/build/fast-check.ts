// fast-check with the seed of all tests.
import fc from 'fast-check'
import { seed } from './seed.ts'

fc.configureGlobal({ seed })

export { default } from 'fast-check'
