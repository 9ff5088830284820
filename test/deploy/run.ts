// `node test/deploy/run.ts`: the real wrangler deploys against a fake of Cloudflare's API: an empty account,
// the same command again, `npx wrangler deploy` alone on another empty account, and the removal. Exits with
// 1 if anything is not as it should be. A minute on an idle machine.
import { deepStrictEqual as same } from 'node:assert'
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { deploymentsFolder } from '../../scripts/deploy/state-file.ts'
import { root, toolEnv, typescript } from '../../scripts/tool.ts'
import { type FakeCloudflare, startFakeCloudflare } from './fake-cloudflare.ts'

const name = 'rehearsal'
const prefix = `tackline-${name}`

async function run(fake: FakeCloudflare, command: string, ...args: string[]): Promise<string[]> {
  const before = fake.calls.length
  const env = {
    ...toolEnv,
    CI: '1',
    CLOUDFLARE_API_BASE_URL: fake.url,
    CLOUDFLARE_API_TOKEN: 'any',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_WRITE_LOGS: 'false',
  }
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await new Promise((resolve) => child.on('close', resolve))
  same(code, 0)
  return fake.calls.slice(before).filter((call) => !call.startsWith('GET'))
}
const deploy = (fake: FakeCloudflare, ...options: string[]) =>
  run(fake, 'node', ...typescript, 'scripts/deploy.ts', '--name', name, '--environment', 'none', ...options)

const forget = () => {
  for (const file of ['json', 'whole.wrangler.json'])
    rmSync(path.join(deploymentsFolder, `${name}.${file}`), { force: true })
}
const fake = await startFakeCloudflare()
const empty = await startFakeCloudflare()
try {
  forget()
  await deploy(fake)
  same([...fake.kv.values()], [`${prefix}-snapshots`])
  same([...fake.queues.keys()], [`${prefix}-events`, `${prefix}-events-dead`])
  const [database, made] = [...fake.databases][0]!
  same(made.sqlite.prepare('SELECT id FROM organisations').all().length, 1)
  const { metadata, secrets } = fake.workers.get(prefix)!
  same([...secrets], ['EXPOSURE_SECRET'])
  same(metadata.bindings.find(({ name: binding }) => binding === 'DB')?.['id'], database)

  forget() // as in another clone
  const again = await deploy(fake)
  same(
    again.filter((call) => !/query$|workers/.test(call)),
    [],
  )
  same([fake.kv.size, fake.databases.size, fake.workers.size], [1, 1, 1])

  await deploy(fake, '--destroy', '--confirm', name)
  same(
    [fake.kv.size, fake.databases.size, fake.queues.size, fake.workers.size, fake.buckets.size],
    [0, 0, 0, 0, 1],
  )

  // Without our command, wrangler makes what the configuration names.
  await run(empty, 'wrangler', 'deploy')
  same([...empty.kv.values()], ['tackline-snapshots'])
  same([...empty.queues.keys()], ['tackline-events', 'tackline-events-dead'])
  console.log('The real wrangler did what it should.')
} finally {
  forget()
  fake.close()
  empty.close()
}
