// Bundles a Worker for a local stack, once, as wrangler does. Wrangler itself would go on watching every
// source file, which costs 2 % of a core for as long as the stack runs.
import { build } from 'esbuild'
import { root } from './tool.ts'

/** Throws with esbuild's messages. */
export async function bundleWorker(entry: string, target: string): Promise<void> {
  await build({
    entryPoints: [entry],
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
