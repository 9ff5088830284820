// Bundles a Worker for a local stack, once, as wrangler does. Wrangler itself would go on watching every
// source file, which costs 2 % of a core for as long as the stack runs.
import path from 'node:path'
import { build } from 'esbuild'
import { root } from './tool.ts'

/** Throws with esbuild's messages. */
export async function bundleWorker(entry: string, target: string): Promise<void> {
  await build({
    stdin: { contents: draining(entry), resolveDir: path.dirname(entry), loader: 'ts' },
    outfile: target,
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    define: { 'process.env.NODE_ENV': '"development"' },
    logLevel: 'silent',
  })
}

/**
 * The Worker, which also receives what its handler left of a body: workerd closes the connection otherwise,
 * and the client never sees the response. Cloudflare does it in front of a Worker, wrangler's bundle as here.
 */
const draining = (entry: string) => `
  import worker from ${JSON.stringify(entry)}
  export * from ${JSON.stringify(entry)}
  async function fetch(request, ...rest) {
    try {
      return await worker.fetch(request, ...rest)
    } finally {
      if (request.body && !request.bodyUsed) await request.body.pipeTo(new WritableStream()).catch(() => {})
    }
  }
  export default worker.fetch ? Object.assign(Object.create(worker), { fetch }) : worker
`
