// Five ways to run a test. A file that no other project claims runs on Node, so none is forgotten.
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { configDefaults, defineConfig } from 'vitest/config'
import { accessTeam, outside } from './test/support/access-team.ts'
import { LongestFirst } from './test/support/longest-first.ts'

const at = (...parts: string[]) => path.join(import.meta.dirname, ...parts)

/** Rooms whose modules keep nothing of a test but what is keyed by its own objects. */
const pure = ['{core,console,workers/protocols}/**/*.test.ts']
const onNode = 'workers/**/*.node.test.ts'
const control = ['workers/control/**/*.test.ts', 'workers/**/*.workerd.test.ts']
const ingest = ['workers/ingest/**/*.test.ts']
const e2e = ['test/e2e/**/*.test.ts', 'test/sdk/**/*.test.ts', 'test/security/**/*.test.ts']

/** Of the laws; workerd has no environment of the process. */
const seed = process.env['TEST_SEED'] ? { TEST_SEED: process.env['TEST_SEED'] } : {}

const migrations = existsSync(at('migrations')) ? await readD1Migrations(at('migrations')) : []

/**
 * Runs tests inside workerd with the bindings of one Worker. Each file costs a second or two: few, large
 * files.
 */
const workerd = (configPath: string, bindings: Record<string, typeof migrations | string> = {}) =>
  cloudflareTest({
    wrangler: { configPath: at(configPath) },
    miniflare: {
      bindings: { ...seed, ...bindings },
      outboundService: outside,
      email: { send_email: [{ name: 'EMAIL', allowed_destination_addresses: ['ops@example.com'] }] },
    },
  })

/** They end what hangs, also on a machine that is busy with other things. They decide nothing else. */
const timeouts = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } }

export default defineConfig({
  test: {
    reporters: ['default', './scripts/plain-reporter.ts'],
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['**/*.test.ts'],
          exclude: [
            ...configDefaults.exclude,
            '.stryker-tmp/**',
            ...pure,
            'workers/control/**/!(*.node).test.ts',
            'workers/ingest/**/!(*.node).test.ts',
            'workers/**/*.workerd.test.ts',
            ...e2e,
          ],
          ...timeouts,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'pure',
          environment: 'node',
          include: pure,
          exclude: [...configDefaults.exclude, '.stryker-tmp/**', 'workers/**/*.workerd.test.ts'],
          isolate: false, // a module is loaded once a worker, not once a file
          restoreMocks: true,
          unstubEnvs: true,
          unstubGlobals: true,
          ...timeouts,
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [workerd('workers/control/wrangler.toml', { TEST_MIGRATIONS: migrations, ...accessTeam })],
        test: {
          name: 'control',
          include: control,
          exclude: [...configDefaults.exclude, onNode],
          setupFiles: ['./test/support/setup-d1.ts'],
          ...timeouts,
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [
          cloudflareTest({
            // with the Durable Objects that control has on Cloudflare
            main: at('test/support/ingest-worker.ts'),
            wrangler: { configPath: at('workers/ingest/wrangler.toml') },
            miniflare: {
              bindings: { ...seed, TEST_MIGRATIONS: migrations },
              outboundService: outside,
              d1Databases: { DB: 'tackline' },
              durableObjects: {
                FLAG_COUNTERS: { className: 'FlagCounters', useSQLite: true },
                INTAKE: { className: 'Intake', useSQLite: true },
              },
            },
          }),
        ],
        test: {
          name: 'ingest',
          include: ingest,
          setupFiles: ['./test/support/setup-d1.ts'],
          exclude: [...configDefaults.exclude, onNode],
          ...timeouts,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: e2e,
          globalSetup: './test/support/shared-stack.ts',
          maxWorkers: Math.ceil(availableParallelism() * 1.5), // a third of their time they wait for answers
          ...timeouts,
          sequence: { groupOrder: 2 }, // after the rest: many start stacks of their own
        },
      },
    ],
  },
})
