// `npm start`: the whole stack on this machine, with demo data at the first start. `-- --fresh` begins anew,
// `-- --port N` elsewhere, `-- --https` speaks TLS.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type DemoKeys, demoEnvironment, seedDemo } from './demo-data.ts'
import { startStack } from './stack.ts'

const { values } = parseArgs({
  options: {
    fresh: { type: 'boolean', default: false },
    port: { type: 'string', default: '8787' },
    https: { type: 'boolean', default: false },
  },
})
const directory = join(import.meta.dirname, '..', '.tackline')

/** While it starts there is nothing to wind down: leaving takes the half-started stack along. */
const leave = () => process.exit(130)
process.on('SIGINT', leave).on('SIGTERM', leave)

try {
  const startedAt = Date.now()
  const stack = await startStack({
    port: Number(values.port),
    directory,
    state: values.fresh ? 'reset' : 'keep',
    https: values.https,
  })
  const keys = await readKeys()
  print(keys)
  process.off('SIGINT', leave).off('SIGTERM', leave)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stack.stop())
  process.exitCode = (await stack.exited) ?? 0

  /** Seeds at the first start; afterwards the keys are those of then. */
  async function readKeys(): Promise<DemoKeys> {
    const path = join(directory, 'local.json')
    if (existsSync(path)) {
      const kept = JSON.parse(readFileSync(path, 'utf8')) as DemoKeys
      writeFileSync(path, JSON.stringify({ ...kept, url: stack.url }, null, 2), { mode: 0o600 })
      return kept
    }
    const fresh = await seedDemo(stack, demoEnvironment)
    writeFileSync(path, JSON.stringify({ url: stack.url, token: stack.token, ...fresh }, null, 2), {
      mode: 0o600,
    })
    return fresh
  }

  function print({ clientKey, serverKey }: DemoKeys): void {
    const { certPath } = stack
    const trust = certPath === undefined ? '' : `--cacert ${certPath} `
    const json = `${trust}-H 'content-type: application/json'`
    console.log(`
Tackline runs on ${stack.url} (after ${((Date.now() - startedAt) / 1000).toFixed(1)} s; log: .tackline/wrangler.log; Ctrl-C ends it)

  console      ${stack.url}/?token=${stack.token}
  API token    ${stack.token}
  environment  ${demoEnvironment}
  client key   ${clientKey}
  server key   ${serverKey}${certPath === undefined ? '' : `\n  certificate  ${certPath} (for Node: NODE_EXTRA_CA_CERTS)`}

One visitor, three protocols, one answer:

  curl -s ${stack.url}/v2/${demoEnvironment}/campaigns ${json} -H 'x-api-key: ${clientKey}' -d '{"visitor_id":"ada","context":{},"trigger_hit":false}'

  curl -s ${stack.url}/get_evaluations ${json} -H 'authorization: ${clientKey}' -d '{"user":{"id":"ada"},"tag":"web"}'

  curl -s ${stack.url}/ofrep/v1/evaluate/flags/new-checkout ${json} -H 'authorization: Bearer ${clientKey}' -d '{"context":{"targetingKey":"ada"}}'
`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
