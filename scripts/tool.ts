// Runs one of the project's tools and captures its output.
import { spawn } from 'node:child_process'
import path from 'node:path'

export type Outcome = { ok: boolean; output: string; note?: string }

export const root = path.resolve(import.meta.dirname, '..')
/** Options for Node 22, which does not strip types by default. */
export const typescript = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']

/** The environment of child processes. The project's tools and its Node come first on the path. */
export const toolEnv = {
  ...process.env,
  PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
}

export function run(command: string, ...args: string[]): Promise<Outcome & { stdout: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: toolEnv, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.on('error', (error) => resolve({ ok: false, output: `${command}: ${error.message}`, stdout }))
    child.on('close', (code) => resolve({ ok: code === 0, output, stdout }))
  })
}
