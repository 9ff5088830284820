// `npm run attack`: attacks a stack of its own on this machine, or with `--directory` the one that `npm
// start` runs in that folder. Prints a table and exits with 1 if anything does not hold.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Admin } from '../../scripts/admin.ts'
import { exitWithUsage, readOptions } from '../../scripts/command-line.ts'
import { startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import { attack, type Outcome } from './attack.ts'
import { onlyLoopback } from './target.ts'

const { values } = readOptions({
  short: { type: 'boolean', default: false },
  directory: { type: 'string' },
})

process.exitCode =
  values.directory === undefined ? await onOwnStack() : await onRunningStack(values.directory)

async function onOwnStack(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-attack-'))
  const stack = await startStack({ port: await freePort(), directory, state: 'reset' })
  try {
    return await run({ ...stack, directory })
  } finally {
    await stack.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Its environments stay there, archived by nobody: it is for a folder that can be thrown away. */
async function onRunningStack(folder: string): Promise<number> {
  const directory = resolve(folder)
  const path = join(directory, 'local.json')
  if (!existsSync(path))
    exitWithUsage(`--directory takes a folder in which npm start has run; there is no ${path}.`)
  const { url, token } = JSON.parse(readFileSync(path, 'utf8')) as Admin
  try {
    onlyLoopback(url)
  } catch (error) {
    exitWithUsage((error as Error).message)
  }
  return run({ url, token, directory })
}

async function run(attackedStack: Parameters<typeof attack>[0]): Promise<number> {
  const from = performance.now()
  console.log('| section | what must hold | probes | findings | seconds | seen |')
  console.log('| --- | --- | ---: | ---: | ---: | --- |')
  const outcomes = await attack(attackedStack, values.short, print)
  for (const { section, findings } of outcomes)
    for (const finding of findings) console.log(`\n${section.name}: ${finding}`)
  const count = outcomes.reduce((sum, { findings }) => sum + findings.length, 0)
  const probes = outcomes.reduce((sum, each) => sum + each.probes, 0)
  const seconds = Math.round((performance.now() - from) / 1_000)
  console.log(`\n${probes.toLocaleString('en-US')} probes in ${seconds} s, ${count} findings`)
  return count === 0 ? 0 : 1
}

function print({ section, probes, findings, seconds, seen }: Outcome): void {
  const cells = [section.name, section.claim, probes, findings.length, seconds.toFixed(1), seen]
  console.log(`| ${cells.join(' | ')} |`)
}
