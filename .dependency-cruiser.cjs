// Dependencies point one way (docs/architecture.md). Each rule is a sentence; its comment says what to do
// instead. With TypeScript 7 the cruiser reads .ts files only through @swc/core and passes silently without
// it, so `npm run layers` also asserts that it saw every source file. Rules on what is reached through others
// are in scripts/check.ts.
const isTest = '(^test/|[.]test[.]ts$)'
const zod = 'node_modules/zod/'
const quantile = 'node_modules/@stdlib/stats-base-dists-normal-quantile/'
const temporal = 'node_modules/temporal-(polyfill|spec|utils)/'
const zip = 'node_modules/fflate/'
const jsonSchema = 'node_modules/@cfworker/json-schema/'
const coreRooms = 'hash|text|statistics|model|evaluation|change|report'

const rule = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { pathNot: isTest, ...from },
  to,
})
const onlyTypes = { dependencyTypesNot: ['type-only'] }

module.exports = {
  forbidden: [
    rule(
      'no-cycles',
      'Move what both modules need into a third one. Types count as well.',
      {},
      { circular: true },
    ),
    rule(
      'core-is-pure',
      'Core decides, it does not do: pass the fact in as an argument. Only zod, the normal quantile, Temporal, ZIP files and JSON Schema may come from outside.',
      { path: '^core/' },
      { pathNot: ['^core/', zod, quantile, temporal, zip, jsonSchema] },
    ),
    rule(
      'hashes-and-texts-know-no-model',
      'They work on bytes and texts: take those as arguments.',
      { path: '^core/(hash|text)/' },
      { path: `^core/(${coreRooms})/`, pathNot: '^core/(hash|text)/' },
    ),
    rule(
      'statistics-know-no-model',
      'They work on numbers: take those as arguments.',
      { path: '^core/statistics/' },
      { path: `^core/(${coreRooms})/`, pathNot: '^core/statistics/' },
    ),
    rule(
      'the-model-decides-nothing',
      'The model says what there is. How it is evaluated or changed belongs to core/evaluation or core/change.',
      { path: '^core/model/' },
      { path: '^core/(evaluation|change|report)/' },
    ),
    rule(
      'evaluation-knows-no-change',
      'What evaluation and change share is the model.',
      { path: '^core/evaluation/' },
      { path: '^core/change/' },
    ),
    rule(
      'change-knows-no-evaluation',
      'What evaluation and change share is the model.',
      { path: '^core/change/' },
      { path: '^core/evaluation/' },
    ),
    rule(
      'analytics-is-a-contract',
      'Only schemas, keys and SQL live here; I/O belongs to workers/storage or batch.',
      { path: '^analytics/' },
      { pathNot: ['^analytics/', '^core/', zod] },
    ),
    rule(
      'protocols-know-no-storage',
      'Ask for a port as an argument; the entry passes the adapter.',
      { path: '^workers/protocols/' },
      { path: ['^workers/(storage|control|edge|ingest)/', 'node_modules/drizzle-'] },
    ),
    rule(
      'protocols-do-not-import-each-other',
      'What two dialects share is core, workers/sdk or workers/http.',
      { path: '^workers/protocols/([^/]+)/' },
      { path: '^workers/protocols/[^/]+/', pathNot: '^workers/protocols/$1/' },
    ),
    rule(
      'storage-knows-no-http',
      'Return values and problems, not responses.',
      { path: '^workers/storage/' },
      { path: ['^workers/(protocols|edge|control|ingest)/', 'node_modules/(hono|@hono)/'] },
    ),
    rule(
      'http-knows-no-protocols',
      'Middleware takes what differs between dialects as an argument.',
      { path: '^workers/(http|sdk)/' },
      { path: '^workers/(protocols|storage|edge|control|ingest)/' },
    ),
    rule(
      'http-knows-no-sdk',
      'What the admin API and the protocols share stays in workers/http; what only SDK requests need is workers/sdk.',
      { path: '^workers/http/' },
      { path: '^workers/sdk/' },
    ),
    rule(
      'control-serves-no-sdk',
      'Only edge answers SDKs. What control needs as well is core or workers/http.',
      { path: '^workers/control/' },
      { path: '^workers/sdk/' },
    ),
    rule(
      'hot-paths-load-no-importers',
      'Importers and linters belong to control. Edge must not bundle them.',
      { path: ['^workers/edge/', '^workers/protocols/[^/]+/[^/]+[.]ts$'] },
      { path: '^workers/protocols/[^/]+/import/', ...onlyTypes },
    ),
    rule(
      'workers-meet-through-bindings',
      'Each Worker is deployed alone: call the other through its binding; import its types at most.',
      { path: '^workers/(edge|control|ingest)/' },
      { path: '^workers/(edge|control|ingest)/', pathNot: '^workers/$1/', ...onlyTypes },
    ),
    rule(
      'edge-has-no-database',
      'The data plane reads snapshots. What needs D1 belongs to control.',
      { path: '^workers/edge/' },
      { path: ['node_modules/drizzle-', '^workers/storage/[a-z-]*schema[.]ts$'] },
    ),
    rule(
      'workers-stay-inside',
      'What a Worker and the outside share is core or analytics.',
      { path: '^workers/' },
      { path: '^(batch|console|scripts)/' },
    ),
    rule(
      'outside-sees-types-only',
      'Talk to the control API over HTTP; import its types with `import type`.',
      { path: '^(batch|console)/' },
      { path: '^workers/', ...onlyTypes },
    ),
    rule(
      'outside-sees-the-api-only',
      'Batch and console use the control API only: workers/control/api.',
      { path: '^(batch|console)/' },
      { path: '^workers/', pathNot: '^workers/control/api([/.-]|$)' },
    ),
    rule(
      'batch-and-console-do-not-meet',
      'What both need is analytics or core.',
      { path: '^(batch|console)/' },
      { path: '^(batch|console)/', pathNot: '^$1/' },
    ),
    rule(
      'nobody-imports-an-entry',
      'Entries compose; import what they compose. An index file elsewhere is a barrel: import the module itself.',
      {},
      { path: '(^|/)index[.](ts|js)$', pathNot: 'node_modules/' },
    ),
    rule(
      'no-barrels',
      'Import a thing from where it lives. Only an entry re-exports (the platform looks for classes there).',
      {
        path: '^(core|workers|analytics|batch|console)/',
        pathNot: [isTest, '^workers/index[.]ts$', '^workers/[^/]+/index[.]ts$'],
      },
      { dependencyTypes: ['export'] },
    ),
    rule(
      'tests-are-leaves',
      'Nothing depends on a test: move the helper next to what it helps.',
      { path: '^(core|workers|analytics|batch|console|scripts)/' },
      { path: isTest },
    ),
    {
      name: 'everything-resolves',
      comment:
        'Add the package to package.json, or correct the path: rules cannot judge what is not found. (chdb is optional.)',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(cloudflare|node):|^chdb$' },
    },
  ],
  options: {
    parser: 'swc', // without it the .ts files are guessed at, and `import type` looks like any import
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)([.](wrangler|tackline|stan|build)|console/dist)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['workerd', 'worker', 'browser', 'import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json', '.d.ts'],
    },
  },
}
