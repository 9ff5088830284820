// `npm run check`: runs all checks, fastest first, and stops at the first failure with the tool's output.
// `--fast` leaves the tests out. Arguments choose steps: `npm run check -- lint types`.
import { existsSync, globSync } from 'node:fs'
import { exitWithUsage, readOptions } from './command-line.ts'
import { judgeLayers, type CruiseResult } from './layers.ts'
import { checkSchema } from './schema-drift.ts'
import { root, run, typescript, type Outcome } from './tool.ts'

process.chdir(root)

const steps: Record<string, () => Promise<Outcome>> = {
  format: () => run('oxfmt', '--check'),
  lock: () => run('node', 'scripts/lockfile.mjs'),
  docs: () => run('node', ...typescript, 'scripts/check-doc-paths.ts'),
  layers: checkLayers,
  types: checkTypes,
  lint: () => run('oxlint', '--type-aware'),
  schema: checkSchema,
  dead: () => run('knip', '--no-progress'),
  weight: () => run('node', ...typescript, 'scripts/deploy.ts', '--dry-run'),
  tests: runTests,
}

const names = Object.keys(steps)
const { values, positionals } = readOptions({ fast: { type: 'boolean', default: false } }, names.length)
const unknown = positionals.filter((name) => !names.includes(name))
if (unknown.length > 0) exitWithUsage(`Unknown: ${unknown.join(', ')}; the steps are ${names.join(', ')}.`)
const chosen = positionals.length > 0 ? positionals : names.filter((name) => name !== 'tests' || !values.fast)

/** The steps in their order; those of one stage have one thread each and run at the same time. */
const stages = [
  ['format', 'lock', 'docs'],
  ['layers'],
  ['types'],
  ['lint'],
  ['schema', 'dead', 'weight'],
  ['tests'],
]
for (const stage of stages) {
  const outcomes = await Promise.all(stage.filter((name) => chosen.includes(name)).map(report))
  const failed = outcomes.find(({ ok }) => !ok)
  if (failed) fail(failed.output)
}

async function report(name: string): Promise<Outcome> {
  const start = performance.now()
  const outcome = (await steps[name]?.()) ?? { ok: false, output: '' }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const { ok, note } = outcome
  console.log(
    `${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(7)} ${seconds.padStart(6)} s${note ? `  ${note}` : ''}`,
  )
  return outcome
}

/** Checks all rooms at once. Each tsconfig allows only the platform that its room runs on. */
async function checkTypes(): Promise<Outcome> {
  const configs = globSync('*/tsconfig*.json', { exclude: ['node_modules'] }).sort()
  const results = await Promise.all(
    configs.map((config) => run('tsc', '--project', config, '--pretty', 'false')),
  )
  const failed = results.filter((result) => !result.ok)
  return {
    ok: configs.length > 0 && failed.length === 0,
    output: failed.map((result) => result.output).join('\n'),
    note: `${configs.length} configurations`,
  }
}

async function checkLayers(): Promise<Outcome> {
  const rooms = ['core', 'workers', 'analytics', 'batch', 'console', 'bench', 'scripts', 'test'].filter(
    (room) => existsSync(room),
  )
  const cruise = await run(
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    ...rooms,
  )
  if (!cruise.ok) return cruise
  const sources = rooms
    .flatMap((room) => globSync(`${room}/**/*.{ts,tsx}`))
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !/(^|\/)([.]\w+|dist)\//.test(file))
  return judgeLayers(JSON.parse(cruise.stdout) as CruiseResult, sources)
}

async function runTests(): Promise<Outcome> {
  const tests = await run('node', ...typescript, 'scripts/test.ts')
  return { ...tests, note: tests.output.trim().split('\n').at(-1) ?? '' }
}

function fail(output: string): never {
  console.error(output.trim())
  process.exit(1)
}
