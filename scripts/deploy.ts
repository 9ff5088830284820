// `npm run deploy`: builds the console, bundles Tackline as one Worker and uploads it. `-- --split` does so
// as three: control goes first, because edge binds its Durable Object, and edge last, because its events
// need a consumer. `-- --dry-run` bundles both ways, checks their sizes and stops before the upload: it
// needs neither network nor account, and leaves the bundles in dist/.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { readOptions } from './command-line.ts'
import { buildConsole, firstLoad } from './console-build.ts'
import { root, run, toolEnv } from './tool.ts'

interface Worker {
  readonly name: string
  readonly config: string
}
const one: Worker[] = [{ name: 'tackline', config: 'wrangler.toml' }]
const three: Worker[] = ['control', 'ingest', 'edge'].map((name) => ({
  name,
  config: `workers/${name}/wrangler.toml`,
}))

/** The limit of edge's bundle, so that a new isolate answers quickly. */
const edgeGzipBytesMax = 72_000

/** Placeholders in the configurations until the resources exist (README, "Deploy to Cloudflare"). */
const placeholder = /^\s*(?:database_)?id\s*=\s*"(tackline|tackline-snapshots)"/m

Object.assign(toolEnv, { WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', NO_COLOR: '1' })

const { values } = readOptions({
  'dry-run': { type: 'boolean', default: false },
  split: { type: 'boolean', default: false },
})

/** Of the JavaScript that the console's first page loads. */
const consoleGzipBytesMax = 150_000

try {
  await weighConsole()
  const workers = values['dry-run'] ? [...one, ...three] : values.split ? three : one
  for (const worker of workers) await bundle(worker)
  if (!values['dry-run']) {
    for (const worker of workers) checkIds(worker)
    for (const worker of workers) await upload(worker)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function weighConsole(): Promise<void> {
  await buildConsole()
  const scripts = firstLoad().map((file) => readFileSync(file))
  const sum = (each: (code: Buffer) => number) => scripts.reduce((total, code) => total + each(code), 0)
  const gzipBytes = sum((code) => gzipSync(code).byteLength)
  console.log(
    `console  ${kilobytes(sum((code) => code.byteLength))}, ${kilobytes(gzipBytes)} gzipped (first load)`,
  )
  if (gzipBytes > consoleGzipBytesMax) {
    const limit = kilobytes(consoleGzipBytesMax).trim()
    throw new Error(
      `the console loads more than ${limit} gzipped at first: import what a page needs when it opens`,
    )
  }
}

async function bundle({ name, config }: Worker): Promise<void> {
  const folder = path.join(root, 'dist', name)
  rmSync(folder, { recursive: true, force: true })
  // An absolute path: wrangler resolves a relative one from the configuration's folder.
  const options = ['--dry-run', '--minify', '--outdir', folder]
  const { ok, output } = await run('wrangler', 'deploy', '--config', config, ...options)
  if (!ok) throw new Error(`${name} cannot be bundled:\n${output.trim()}`)
  const code = readFileSync(path.join(folder, 'index.js'))
  const gzipBytes = gzipSync(code).byteLength
  console.log(`${name.padEnd(8)} ${kilobytes(code.byteLength)}, ${kilobytes(gzipBytes)} gzipped`)
  if (name === 'edge' && gzipBytes > edgeGzipBytesMax) {
    const limit = kilobytes(edgeGzipBytesMax).trim()
    throw new Error(`edge is heavier than ${limit} gzipped: see what it imports in dist/edge/index.js.map`)
  }
}

function checkIds({ config }: Worker): void {
  const [, id] = placeholder.exec(readFileSync(path.join(root, config), 'utf8')) ?? []
  if (id !== undefined) {
    throw new Error(
      `${config} still holds the placeholder "${id}": put the id of your own resource there ` +
        '(README, "Deploy to Cloudflare")',
    )
  }
}

function upload({ name, config }: Worker): Promise<void> {
  console.log(`\n${name}`)
  const child = spawn('wrangler', ['deploy', '--config', config, '--minify'], {
    cwd: root,
    env: toolEnv,
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${name} was not deployed; what comes after it was not tried`)),
    )
  })
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1).padStart(6)} kB`
}
