// Bundles the one Worker and the three as an upload would, and weighs them: offline.
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildConsole, firstLoad } from '../console-build.ts'
import { root } from '../tool.ts'
import { type Wrangler, mustRun } from './wrangler.ts'

const bundles = ['tackline', 'control', 'ingest', 'edge'] as const

/** The limit of edge's bundle, so that a new isolate answers quickly. */
const edgeGzipBytesMax = 73_000

/** Of the JavaScript that the console's first page loads. */
const consoleGzipBytesMax = 150_000

/** Builds the console and weighs its first load. Throws a sentence if that is too much. */
export async function weighConsole(say: (line: string) => void): Promise<void> {
  await buildConsole()
  const scripts = firstLoad().map((file) => readFileSync(file))
  const sum = (each: (code: Buffer) => number) => scripts.reduce((total, code) => total + each(code), 0)
  const gzipBytes = sum((code) => gzipSync(code).byteLength)
  say(`console  ${kilobytes(sum((code) => code.byteLength))}, ${kilobytes(gzipBytes)} gzipped (first load)`)
  if (gzipBytes <= consoleGzipBytesMax) return
  const limit = kilobytes(consoleGzipBytesMax).trim()
  throw new Error(
    `the console loads more than ${limit} gzipped at first: import what a page needs when it opens`,
  )
}

/** Leaves the bundles in `dist/`. Throws a sentence if one cannot be made or edge weighs too much. */
export async function bundleAll(wrangler: Wrangler, say: (line: string) => void): Promise<void> {
  for (const name of bundles) {
    const config = name === 'tackline' ? 'wrangler.toml' : `workers/${name}/wrangler.toml`
    const folder = path.join(root, 'dist', name)
    rmSync(folder, { recursive: true, force: true })
    // An absolute path: wrangler resolves a relative one from the configuration's folder.
    const options = ['--dry-run', '--minify', '--outdir', folder]
    await mustRun(wrangler, `${name} cannot be bundled:`, 'deploy', '--config', config, ...options)
    const code = readFileSync(path.join(folder, 'index.js'))
    const gzipBytes = gzipSync(code).byteLength
    say(`${name.padEnd(8)} ${kilobytes(code.byteLength)}, ${kilobytes(gzipBytes)} gzipped`)
    if (name === 'edge' && gzipBytes > edgeGzipBytesMax) {
      const limit = kilobytes(edgeGzipBytesMax).trim()
      throw new Error(`edge is heavier than ${limit} gzipped: see what it imports in dist/edge/index.js.map`)
    }
  }
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1).padStart(6)} kB`
}
