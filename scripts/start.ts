// `npm start`: runs the whole stack on this machine, with demo data at the first start. `-- --fresh` discards
// the stored data, `-- --port N` chooses the port, `-- --directory PATH` the folder of the data, `-- --https`
// uses TLS.
import { join, resolve } from 'node:path'
import { exitWithUsage, readOptions, readWholeNumber } from './command-line.ts'
import { type DemoKeys, demoEnvironment } from './demo-data.ts'
import { ensureLocalKeys } from './local-keys.ts'
import { npmAbove, whenEnded } from './process-status.ts'
import { startStack } from './stack.ts'

const portMax = 65_535

const { values } = readOptions({
  fresh: { type: 'boolean', default: false },
  port: { type: 'string', default: '8787' },
  directory: { type: 'string', default: join(import.meta.dirname, '..', '.tackline') },
  https: { type: 'boolean', default: false },
})
const port = readWholeNumber('port', values.port, 1, portMax)
if (values.directory === '') exitWithUsage('--directory takes the path of a folder.')
const directory = resolve(values.directory)

// Whoever reads the output may go away (`npm start | head`), and a full disk may be behind it: the stack
// stays.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

/** During the start there is nothing to stop gracefully: exiting also ends the half-started stack. */
const exitAtOnce = () => process.exit(130)
process.on('SIGINT', exitAtOnce).on('SIGTERM', exitAtOnce)

// npm passes no signal on when it is killed: what it started would stay.
let leave: () => void = exitAtOnce
if (process.env['npm_lifecycle_event'] !== undefined) whenEnded(npmAbove(), () => leave())

try {
  const startedAt = Date.now()
  const stack = await startStack({
    port,
    directory,
    state: values.fresh ? 'reset' : 'keep',
    https: values.https,
  })
  print(await ensureLocalKeys(stack, directory))
  process.off('SIGINT', exitAtOnce).off('SIGTERM', exitAtOnce)
  const stop = () => void stack.stop()
  leave = stop
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  process.exitCode = (await stack.exited) ?? 0

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
Tackline runs on ${url} (after ${seconds} s; log: ${stack.logPath}; Ctrl-C ends it)

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
  process.exit(1) // also ends what was started
}
