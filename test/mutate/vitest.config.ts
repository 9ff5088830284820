// What a mutant of core has to get past: core's own tests, with fewer random cases, since each mutant runs
// all that reach it.
import path from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: path.join(import.meta.dirname, '../..'),
  test: {
    include: ['core/**/*.test.ts'],
    exclude: ['**/node_modules/**', '.stryker-tmp/**', 'core/model/experiment-result.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    env: { TEST_SCALE: '0.01' },
  },
})
