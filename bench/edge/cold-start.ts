// `npm run bench:edge -- --only cold-start`: what a new isolate costs as one Worker, beside edge alone of
// three. The CPU time of a fresh workerd until its first answer, without that of one with a bare Worker.
// Bundled as `wrangler deploy` does it, and started in turn, so that whatever else the machine does falls on
// all alike.
//
// The request has no key that could be one: edge refuses it after all code was loaded and run, before it asks
// KV or an object.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { root, run } from '../../scripts/tool.ts'
import { median, short } from '../numbers.ts'
import { spentBy, workerd } from '../workerd/server.ts'
import { once as ask } from './load.ts'
import { portsOf } from './server.ts'

const starts = 21
const configs = {
  bare: 'bench/edge/bare.toml',
  'edge of three': 'workers/edge/wrangler.toml',
  'one Worker': 'wrangler.toml',
} as const
type Name = keyof typeof configs
const names = Object.keys(configs) as Name[]
const request = {
  method: 'POST',
  path: '/ofrep/v1/evaluate/flags/banner',
  headers: { authorization: 'Bearer none' },
  bodies: ['{"context":{"targetingKey":"ada"}}'],
}

interface Start {
  /** CPU milliseconds until the first answer, and for the second one. */
  readonly first: number
  readonly second: number
}

export async function coldStarts(directory: string): Promise<void> {
  const folders = new Map<Name, string>()
  const weights = new Map<Name, number>()
  for (const name of names) {
    const folder = join(directory, 'cold', name.replaceAll(' ', '-'))
    mkdirSync(folder, { recursive: true })
    const config = join(root, configs[name])
    const options = ['--dry-run', '--minify', '--config', config, '--outdir', folder]
    const bundled = await run('wrangler', 'deploy', ...options)
    if (!bundled.ok) throw new Error(`wrangler could not bundle ${name}: ${bundled.output}`)
    weights.set(name, writeConfig(folder))
    folders.set(name, folder)
  }
  const taken = new Map(names.map((name) => [name, [] as Start[]]))
  for (let i = 0; i < starts; i++)
    for (const name of names) taken.get(name)!.push(await startOf(folders.get(name)!, name))
  const figure = (name: Name, what: keyof Start) => median(taken.get(name)!.map((start) => start[what]))
  console.log(
    '| | bundle, gzipped | CPU until the first answer | of the second |\n| --- | ---: | ---: | ---: |',
  )
  for (const name of names.filter((each) => each !== 'bare')) {
    const first = figure(name, 'first') - figure('bare', 'first')
    const kilobytes = `${(weights.get(name)! / 1_000).toFixed(1)} kB`
    console.log(`| ${name} | ${kilobytes} | ${short(first)} ms | ${short(figure(name, 'second'))} ms |`)
  }
  console.log(
    `\n${starts} starts in turn; a bare Worker's ${short(figure('bare', 'first'))} ms are subtracted.`,
  )
}

/** Writes what workerd is to run. Returns how many bytes the code has, gzipped. */
function writeConfig(folder: string): number {
  const main = readdirSync(folder).filter((file) => file.endsWith('.js'))
  const wasm = readdirSync(folder).filter((file) => file.endsWith('.wasm'))
  const [index] = main
  if (index === undefined || main.length > 1) throw new Error(`${folder} has no bundle of one file`)
  const modules = [
    `(name = "${index}", esModule = embed "${index}")`,
    ...wasm.map((file) => `(name = "./${file}", wasm = embed "${file}")`),
  ]
  const date = /compatibility_date = "(.+)"/.exec(readFileSync(join(root, 'wrangler.toml'), 'utf8'))![1]!
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "main", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (modules = [${modules.join(', ')}], compatibilityDate = "${date}");
`,
  )
  return [index, ...wasm].reduce(
    (sum, file) => sum + gzipSync(readFileSync(join(folder, file))).byteLength,
    0,
  )
}

async function startOf(folder: string, name: Name): Promise<Start> {
  const child = spawn(workerd(), ['serve', join(folder, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  try {
    const port = (await portsOf(child.stdio[3] as Readable, 1)).get('main')!
    const wanted = name === 'bare' ? 200 : 403
    const answered = async () => {
      const path = name === 'bare' ? '/fixed' : request.path
      const { status, text } = await ask({ ...request, path, port })
      if (status !== wanted) throw new Error(`${name}: ${status} ${text}`)
      return spentBy(child.pid!, 'process') / 1e6
    }
    const first = await answered()
    return { first, second: (await answered()) - first }
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}
