// Deploying, with a fake of wrangler: nothing here talks to Cloudflare. What the real wrangler does with
// these commands against a fake of Cloudflare's API: `node test/deploy/run.ts`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { destroy, removalsOf } from '../../scripts/deploy/destroy.ts'
import { install, migrationFiles } from '../../scripts/deploy/install.ts'
import {
  type Installation,
  resourceNames,
  unknownMigrations,
  whyNoName,
  whyNoVariable,
  withWishes,
  workerName,
} from '../../scripts/deploy/installation.ts'
import { monthlyCost, trafficLevels } from '../../scripts/deploy/monthly-cost.ts'
import { planOf } from '../../scripts/deploy/plan.ts'
import { stateFile } from '../../scripts/deploy/state-file.ts'
import { wrangler } from '../../scripts/deploy/wrangler.ts'
import fc from '../support/build/fast-check.ts'
import { type FakeWrangler, useFakeWrangler } from './fake-wrangler.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tackline-deployments-'))
let fake: FakeWrangler
beforeEach(() => {
  fake = useFakeWrangler()
})
afterEach(() => {
  fake.remove()
  rmSync(folder, { recursive: true, force: true })
})

type Wishes = Partial<Parameters<typeof withWishes>[1]>
function wished(wishes: Wishes = {}): Installation {
  const name = wishes.name ?? 'tackline'
  const wish = withWishes(stateFile(name, folder).read(), { name, split: false, variables: {}, ...wishes })
  if (!wish.ok) throw new Error(wish.problem)
  return wish.value
}
/** What `npm run deploy` does, but for the first token, which needs a stack. */
const deploy = (wishes: Wishes = {}) => {
  const start = wished({ accountId: 'account', ...wishes })
  return install(start, { wrangler, state: stateFile(start.name, folder), say: () => undefined })
}
const callsOf = async (run: () => Promise<unknown>) => {
  fake.change({ calls: [] })
  await run()
  return fake.read().calls.map((call) => call.replace(/ (?:--update-config|--command).*$/, ''))
}

it('makes all that an empty account lacks, migrations before the code', async () => {
  expect(await callsOf(() => deploy())).toEqual([
    'kv namespace list',
    'd1 list --json',
    'kv namespace create tackline-snapshots',
    'kv namespace list',
    'd1 create tackline',
    'd1 list --json',
    'r2 bucket create tackline-lake',
    'queues create tackline-events',
    'queues create tackline-events-dead --message-retention-period-secs 1209600',
    'd1 execute DB --remote --json --yes --config tackline.whole.wrangler.json',
    'd1 migrations apply DB --remote --config tackline.whole.wrangler.json',
    'secret list --config tackline.whole.wrangler.json --format json',
    expect.stringMatching(
      /^deploy --config tackline.whole.wrangler.json --minify --secrets-file tackline-secret-.*env$/,
    ),
  ])
  const { workers } = fake.read()
  expect(workers['tackline']).toMatchObject({
    hasSecret: true,
    config: {
      account_id: 'account',
      kv_namespaces: [{ binding: 'SNAPSHOTS', id: 'kv-tackline-snapshots' }],
      d1_databases: [{ binding: 'DB', database_id: 'd1-tackline' }],
      workers_dev: true,
    },
  })
  expect(stateFile('tackline', folder).read()).toMatchObject({
    url: 'https://tackline.example.workers.dev',
    uploaded: ['tackline'],
  })
  expect(readFileSync(path.join(folder, 'tackline.json'), 'utf8')).not.toMatch(/secret/i)
})

it('goes on wherever it was cut short, and makes nothing twice', { timeout: 240_000 }, async () => {
  await deploy()
  const whole = fake.read()
  const steps = [
    'kv namespace create',
    'd1 create',
    'r2 bucket create',
    'queues create tackline-events-dead',
    'd1 migrations',
    'secret list',
    'deploy',
  ]
  for (const [i, step] of steps.entries()) {
    const forgets = i % 2 === 1
    fake.remove()
    fake = useFakeWrangler()
    rmSync(folder, { recursive: true, force: true })
    fake.change({ failOnce: step })
    // A free plan takes no such retention: the queue is made without it.
    const isRetention = step === 'queues create tackline-events-dead'
    if (isRetention) await deploy()
    else await expect(deploy()).rejects.toThrow(/\[ERROR\]/)
    if (forgets) rmSync(folder, { recursive: true, force: true }) // as in another clone
    await deploy()
    expect({ ...fake.read(), calls: [], workers: Object.keys(fake.read().workers) }).toEqual({
      ...whole,
      calls: [],
      workers: Object.keys(whole.workers),
    })
    expect(fake.read().workers['tackline']).toMatchObject({ hasSecret: true })
  }
})

it('upgrades with the same command: migrations, then the code, the secret kept', async () => {
  await deploy()
  fake.change({ migrations: migrationFiles().slice(0, -1) })
  expect(await callsOf(() => deploy())).toEqual([
    'd1 execute DB --remote --json --yes --config tackline.whole.wrangler.json',
    'd1 execute DB --remote --json --yes --config tackline.whole.wrangler.json',
    'd1 migrations apply DB --remote --config tackline.whole.wrangler.json',
    'secret list --config tackline.whole.wrangler.json --format json',
    'deploy --config tackline.whole.wrangler.json --minify',
  ])
})

it('refuses a database of a newer release, and changes nothing', async () => {
  await deploy()
  fake.change({ migrations: [...migrationFiles(), '9999_later.sql'] })
  const calls = await callsOf(() =>
    expect(deploy()).rejects.toThrow('it has 9999_later.sql, which this clone'),
  )
  expect(calls.filter((call) => !call.startsWith('d1 execute'))).toEqual([])
})

it('three Workers share one KV namespace and one database; only edge has an address', async () => {
  await deploy({ name: 'staging', split: true, domain: 'flags.example.com' })
  const { workers, calls } = fake.read()
  expect(calls.filter((call) => call.startsWith('deploy')).map((call) => call.split(' ')[2])).toEqual(
    ['control', 'ingest', 'edge'].map((part) => `staging.${part}.wrangler.json`),
  )
  const of = (part: string) => workers[`tackline-staging-${part}`]!.config as any
  expect(of('edge').kv_namespaces).toEqual(of('control').kv_namespaces)
  expect(of('edge').services).toEqual([{ binding: 'CONTROL', service: 'tackline-staging-control' }])
  expect(new Set(of('edge').durable_objects.bindings.map((each: any) => each.script_name))).toEqual(
    new Set(['tackline-staging-control']),
  )
  expect(['control', 'ingest', 'edge'].map((part) => [of(part).workers_dev, of(part).routes])).toEqual([
    [false, undefined],
    [false, undefined],
    [false, [{ pattern: 'flags.example.com', custom_domain: true }]],
  ])
  expect(of('control').vars.CONSOLE_URL).toBe('https://flags.example.com')
  expect(stateFile('staging', folder).read()?.url).toBe('https://flags.example.com')
})

it('two installations share nothing', async () => {
  await deploy()
  await deploy({ name: 'staging' })
  const { workers } = fake.read()
  const texts = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : value instanceof Object ? Object.values(value).flatMap(texts) : []
  const shared = [
    'kv_namespaces',
    'd1_databases',
    'r2_buckets',
    'queues',
    'analytics_engine_datasets',
    'ratelimits',
  ]
  const namesOf = (worker: string) =>
    shared
      .flatMap((field) => texts(workers[worker]!.config[field]))
      .filter((text) => /tackline|^\d/.test(text) && !text.includes('/'))
  const other = new Set(namesOf('tackline-staging'))
  expect(namesOf('tackline').filter((text) => other.has(text))).toEqual([])
  expect(namesOf('tackline').length).toBeGreaterThan(8)
})

it('keeps data in a jurisdiction', async () => {
  const calls = await callsOf(() => deploy({ jurisdiction: 'eu' }))
  const creations = calls.filter((call) => call.includes(' create '))
  expect(creations.every((call) => call.includes('--jurisdiction eu'))).toBe(true)
  const { config } = fake.read().workers['tackline']!
  expect(config['r2_buckets']).toEqual([
    { binding: 'LAKE', bucket_name: 'tackline-lake', jurisdiction: 'eu' },
  ])
  expect(config['vars']).toMatchObject({ JURISDICTION: 'eu' })
})

it('removes an installation, and only it; a bucket with events stays', async () => {
  await deploy()
  const staging = await deploy({ name: 'staging' })
  const left = await destroy(removalsOf(staging), wrangler, () => undefined)
  expect(left.map(({ removal }) => [removal.what, removal.mayStay])).toEqual([
    ['tackline-staging-lake (R2 bucket: events)', true],
  ])
  const { kv, d1, queues, workers } = fake.read()
  expect([Object.keys(kv), Object.keys(d1), queues, Object.keys(workers)]).toEqual([
    ['tackline-snapshots'],
    ['tackline'],
    ['tackline-events', 'tackline-events-dead'],
    ['tackline'],
  ])
  stateFile('staging', folder).remove()
  expect(existsSync(path.join(folder, 'tackline.json'))).toBe(true)
})

it('refuses in a sentence what would lose data', async () => {
  await deploy()
  expect(() => wished({ split: true })).toThrow('is one Worker')
  expect(() => wished({ jurisdiction: 'eu' })).toThrow('do not move')
  expect(() => wished({ accountId: 'other' })).toThrow('is in account account')
  expect(() => wished({ name: 'b', split: true, jurisdiction: 'eu' })).toThrow('for one Worker')
  expect(whyNoName('eu-edge')).toMatch('Worker of a split installation')
  expect(whyNoName('Staging')).toMatch('--name takes')
})

it('refuses a variable that would not be understood', () => {
  const taken = ['LOG_REQUESTS=all', 'LOG_REQUESTS=failures', 'LOG_REQUESTS=0.5%', 'STATUS_PAGE=public']
  const others = ['STATUS_PAGE=', 'WEBHOOK_RESOLVER=', 'WEBHOOK_RESOLVER=https://dns.example/dns-query']
  const refused = ['LOG_REQUESTS=', 'LOG_REQUESTS=5', 'LOG_REQUESTS=1 %', 'LOG_REQUESTS=.5%', 'LOG=all']
  const refusedToo = ['STATUS_PAGE=everybody', 'WEBHOOK_RESOLVER=1.1.1.1', 'toString=all']
  const problemOf = (text: string) => {
    const [key, value] = text.split('=')
    return whyNoVariable(key!, value!)
  }
  expect([...taken, ...others].map(problemOf).filter((problem) => problem !== undefined)).toEqual([])
  for (const text of [...refused, ...refusedToo]) expect(problemOf(text)).toMatch(/takes .*, not '/)
})

it('names of different installations never meet', () => {
  const name = fc
    .stringMatching(/^[a-z][a-z0-9-]{0,12}[a-z0-9]$/)
    .filter((each) => whyNoName(each) === undefined)
  fc.assert(
    fc.property(name, name, (first, second) => {
      fc.pre(first !== second)
      const all = (each: string) => [
        ...new Set((['whole', 'control', 'ingest', 'edge'] as const).map((part) => workerName(each, part))),
      ]
      expect(all(first).filter((worker) => all(second).includes(worker))).toEqual([])
      const kinds = Object.keys(resourceNames(first)) as (keyof ReturnType<typeof resourceNames>)[]
      expect(kinds.filter((kind) => resourceNames(first)[kind] === resourceNames(second)[kind])).toEqual([])
    }),
  )
})

it('knows which migrations are of a newer release', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.uniqueArray(fc.string()), (applied, files) => {
      const unknown = unknownMigrations(applied, files)
      expect(applied.filter((each) => files.includes(each) === unknown.includes(each))).toEqual([])
    }),
  )
})

it('the plan names what is made, and what it costs', async () => {
  const before = planOf(wished(), 'production').join('\n')
  expect(before).toMatch(/new +tackline-snapshots/)
  expect(before).toMatch(/dollars a month +\d/)
  await deploy()
  const after = planOf(wished(), 'production').join('\n')
  expect(after).toMatch(/kept +tackline-snapshots/)
  expect(after).toMatch(/replaced +tackline \(Worker\)/)
  const costs = trafficLevels.map(monthlyCost)
  expect(costs[0]!.beyondFree).toEqual([])
  expect(costs[2]!.beyondFree).toContain('requests')
  expect(costs.map(({ dollars }) => dollars)).toEqual(
    costs.map(({ dollars }) => dollars).toSorted((a, b) => a - b),
  )
})
