// wrangler's build step (`[build]` of wrangler.toml): builds the console. Before `wrangler dev` it also makes
// what a local Worker needs: a database, demo data, and the secret that signs exposures. Later starts find it
// and change nothing.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildConsole } from './console-build.ts'
import { demoEnvironment } from './demo-data.ts'
import { freePort } from './free-port.ts'
import { type LocalKeys, ensureLocalKeys, readLocalKeys } from './local-keys.ts'
import { isPreparedFolder, startStack, writeVariables } from './stack.ts'
import { root } from './tool.ts'

/** Where `wrangler dev` keeps its state unless told otherwise, and on which port it listens. */
const directory = join(root, '.wrangler')
const url = 'http://localhost:8787'
const secrets = join(root, '.dev.vars')

await buildConsole()
if (process.env['WRANGLER_COMMAND'] === 'dev') {
  try {
    const keys = (isPreparedFolder(directory) && readLocalKeys(directory)) || (await prepare())
    if (!existsSync(secrets)) writeVariables(directory, secrets)
    console.log(
      `Tackline: console ${url}/#token=${keys.token}, environment ${demoEnvironment}, ` +
        `client key ${keys.clientKey}`,
    )
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

/** Runs a stack of its own on the same folder for as long as the demo data take. */
async function prepare(): Promise<LocalKeys> {
  const stack = await startStack({ port: await freePort(), directory, state: 'keep' })
  try {
    return await ensureLocalKeys(stack, directory, url)
  } finally {
    await stack.stop()
  }
}
