// Every command in the README and in the guides from the first hour to the bill is run by a test or a check,
// or is named here as one that needs an account. A new command in one of these pages needs a line.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { omittedTables, savedTableNames } from '../workers/storage/backup-rows.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8')
const guides = ['first-hour', 'deploy', 'operate', 'backup', 'costs']
const pages = ['README', ...guides]
const pathOf = (page: string) => (page === 'README' ? 'README.md' : `docs/guides/${page}.md`)

/** A file and words of it that run the command; or what the command needs, which no test has. */
type Proof = { readonly by: string; readonly says: string } | { readonly needs: string }

const account: Proof = { needs: 'an account of Cloudflare' }
const backup = (script: string): Proof => ({ by: 'test/e2e/backup.test.ts', says: `'${script}', ` })

const proofs: Readonly<Record<string, Proof>> = {
  'npm start': { by: 'test/e2e/start.test.ts', says: "'scripts/start.ts'" },
  'npm ci && npm start': { by: 'test/e2e/first-hour.test.ts', says: "toBe('npm ci && npm start\\n')" },
  'npm ci && npm test': { needs: 'itself: it runs all tests' },
  'npm ci': { needs: 'a network' },
  'npm test': { needs: 'itself: it runs all tests' },
  'npx wrangler dev': { by: 'test/e2e/readme.test.ts', says: "'wrangler', 'dev'" },
  'npm start -- --fresh': { by: 'test/e2e/start.test.ts', says: "'--fresh'" },
  'npm start -- --port 8899': { by: 'test/e2e/start.test.ts', says: "'--port'" },
  'npm start -- --directory PATH': { by: 'test/e2e/start.test.ts', says: "'--directory'" },
  'npm start -- --https': { by: 'test/e2e/deploy-dialogue.test.ts', says: 'https: true' },
  'npm run batch': { by: 'batch/cli.test.ts', says: "batch(['operations']" },
  'npm run batch -- serve': { by: 'test/e2e/serve.test.ts', says: "'batch/cli.ts', 'serve'" },
  'npm run demo': { by: 'test/e2e/demo.test.ts', says: "'test/demo/run.ts'" },
  'npm run demo -- --quick': { by: 'test/e2e/demo.test.ts', says: "'--quick'" },
  'npm run stan': { by: 'scripts/test.ts', says: 'stan' },
  'npm run -s doctor': { by: 'test/e2e/first-hour.test.ts', says: "bash('npm run -s doctor')" },
  'npm run -s backup -- backup-1': backup('backup'),
  'npm run backup': backup('backup'),
  'npm run -s restore -- backup-1': backup('restore'),
  'npm run restore': backup('restore'),
  'npm run -s restore -- --published': { by: 'test/e2e/backup.test.ts', says: "'restore', '--published'" },
  'npm run bench:events -- costs': { by: 'bench/events/costs.test.ts', says: 'costsTable()' },
  'npm run bench:edge -- --only cold-start': { needs: 'a quiet machine: it measures time' },
  'npm run -s batch': { by: 'batch/cli.test.ts', says: "batch(['operations']" },
  'npm run -s batch -- compact': { by: 'batch/jobs/compact.test.ts', says: 'compact' },
  'npm run batch -- replay': { by: 'batch/jobs/replay.test.ts', says: 'replay' },
  'npm run deploy': { by: 'test/deploy/deploy.test.ts', says: 'install(' },
  'npm run deploy -- --plan': { by: 'test/deploy/deploy.test.ts', says: 'planOf(' },
  'npm run deploy -- --dry-run': { by: 'scripts/check.ts', says: "'scripts/deploy.ts', '--dry-run'" },
  'node test/deploy/run.ts': { needs: 'minutes: it is a check of its own, against a fake of the API' },
  'git pull && npm ci && npm run deploy': account,
  'npm run token -- --remote': account,
  'npm run token -- --remote --deployment staging': account,
  'npx wrangler login': account,
  'npx wrangler secret put STATUS_TOKEN': account,
  'npm run deploy -- --var STATUS_PAGE=public': {
    by: 'test/e2e/deploy-dialogue.test.ts',
    says: "'STATUS_PAGE=public'",
  },
  'npx wrangler deploy': account,
  'npx wrangler d1 migrations apply DB --remote': account,
  'npx wrangler d1 time-travel restore tackline --timestamp ...': account,
  'wrangler d1 export': account,
  'curl "https://api.cloudflare.com/client/v4/accounts/$ACCOUNT/analytics_engine/sql"': account,
}

const isCommand = (text: string) =>
  /^(?:npm|npx|node|git|wrangler|curl) \S/.test(text) || text === 'npm start'
const inline = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)

/** One line a command; what is after a `#` and the arguments of a curl to Cloudflare are left out. */
const fenced = (text: string) =>
  [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
    block.split('\n').map((line) =>
      line
        .replace(/\s+#.*$/, '')
        .replace(/(analytics_engine\/sql") .*$/, '$1')
        .trim(),
    ),
  )

/** The blocks of the first hour are run as they are, whatever is in them. */
const commandsOf = (page: string) => {
  const text = read(pathOf(page))
  const prose = inline(text.replaceAll(/```.*?```/gs, ''))
  return [...prose, ...(page === 'first-hour' ? [] : fenced(text))].filter(isCommand)
}

it.each(pages)('every command of %s is run, or named as one that needs an account', (page) => {
  expect(commandsOf(page).filter((command) => !Object.hasOwn(proofs, command))).toEqual([])
})

it('the guide of the first hour is run as a whole', () => {
  const test = read('test/e2e/first-hour.test.ts')
  expect(test).toContain("'docs/guides/first-hour.md'")
  expect(test).toContain('steps.map(({ command }) => command)')
})

it('what is said to run a command is there, and no line is left over', () => {
  const used = new Set(pages.flatMap(commandsOf))
  for (const [command, proof] of Object.entries(proofs)) {
    expect(used, command).toContain(command)
    if ('by' in proof) expect(read(proof.by), command).toContain(proof.says)
  }
})

it('the guide of backups names everything that is stored', () => {
  const guide = read('docs/guides/backup.md')
  const config = read('wrangler.toml')
  const found = (pattern: RegExp) => [...config.matchAll(pattern)].map(([, name]) => name!)
  const stores = [
    ...found(/^class_name = "(\w+)"/gm),
    ...found(
      /\[\[(?:kv_namespaces|r2_buckets|queues\.producers|analytics_engine_datasets)\]\]\nbinding = "(\w+)"/g,
    ),
    ...savedTableNames,
    ...Object.keys(omittedTables),
  ]
  expect(stores.length).toBeGreaterThan(30)
  expect(stores.filter((name) => !guide.includes(`\`${name}\``))).toEqual([])
})
