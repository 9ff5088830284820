// `npm start`: runs the whole stack on this machine, with demo data at the first start. `-- --fresh` discards
// the stored data, `-- --port N` chooses the port, `-- --https` uses TLS.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitWithUsage, readOptions } from './command-line.ts'
import { type DemoKeys, demoEnvironment, seedDemo } from './demo-data.ts'
import { startStack } from './stack.ts'

const portMax = 65_535

const { values } = readOptions({
  fresh: { type: 'boolean', default: false },
  port: { type: 'string', default: '8787' },
  https: { type: 'boolean', default: false },
})
const port = Number(values.port)
if (!(Number.isInteger(port) && port >= 1 && port <= portMax))
  exitWithUsage(`--port takes a number from 1 to ${portMax}, not ${values.port}.`)
const directory = join(import.meta.dirname, '..', '.tackline')

/** During the start there is nothing to stop gracefully: exiting also ends the half-started stack. */
const exitAtOnce = () => process.exit(130)
process.on('SIGINT', exitAtOnce).on('SIGTERM', exitAtOnce)

try {
  const startedAt = Date.now()
  const stack = await startStack({
    port,
    directory,
    state: values.fresh ? 'reset' : 'keep',
    https: values.https,
  })
  const keys = await ensureKeys()
  print(keys)
  process.off('SIGINT', exitAtOnce).off('SIGTERM', exitAtOnce)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stack.stop())
  process.exitCode = (await stack.exited) ?? 0

  /** The keys of the demo environment. The first start creates them. */
  async function ensureKeys(): Promise<DemoKeys> {
    const path = join(directory, 'local.json')
    if (existsSync(path)) {
      const stored = JSON.parse(readFileSync(path, 'utf8')) as DemoKeys
      writeFileSync(path, JSON.stringify({ ...stored, url: stack.url }, null, 2), { mode: 0o600 })
      return stored
    }
    const fresh = await seedDemo(stack, demoEnvironment)
    writeFileSync(path, JSON.stringify({ url: stack.url, token: stack.token, ...fresh }, null, 2), {
      mode: 0o600,
    })
    return fresh
  }

  function print({ clientKey, serverKey }: DemoKeys): void {
    const { url, token, certPath } = stack
    const trust = certPath === undefined ? '' : `--cacert ${certPath} `
    const post = (path: string, header: string, body: object) =>
      `  curl -s ${url}${path} ${trust}-H 'content-type: application/json' -H '${header}' ` +
      `-d '${JSON.stringify(body)}'`
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
    const certificate = `\n  certificate  ${certPath} (for Node: NODE_EXTRA_CA_CERTS)`
    const visitor = { visitor_id: 'ada', context: {}, trigger_hit: false }
    const user = { user: { id: 'ada' }, tag: 'web' }
    const context = { context: { targetingKey: 'ada' } }
    console.log(`
Tackline runs on ${url} (after ${seconds} s; log: .tackline/wrangler.log; Ctrl-C ends it)

  console      ${url}/#token=${token}
  API token    ${token}
  environment  ${demoEnvironment}
  client key   ${clientKey}
  server key   ${serverKey}${certPath === undefined ? '' : certificate}

One visitor, three protocols, one answer:

${post(`/v2/${demoEnvironment}/campaigns`, `x-api-key: ${clientKey}`, visitor)}

${post('/get_evaluations', `authorization: ${clientKey}`, user)}

${post('/ofrep/v1/evaluate/flags/new-checkout', `authorization: Bearer ${clientKey}`, context)}
`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
