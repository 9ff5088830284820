// Takes each figure in a fresh process, several times if a process can measure it only once.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { median } from '../numbers.ts'
import { say, typescript } from '../rounds.ts'
import type { Figure, FigureName } from './figure.ts'

/** MB of young generation, enough that nothing is collected while allocation is measured. */
const semiSpace = 256
const firstTimes = 5

export async function takeFigures(name: FigureName, rounds: number): Promise<Figure[]> {
  say(`${name}: measures`)
  if (name !== 'first-load') return inProcess(name, rounds)
  const times: Figure[][] = []
  for (let i = 0; i < firstTimes; i++) times.push(await inProcess(name, rounds))
  return times[0]!.map((figure, i) => ({ ...figure, value: median(times.map((each) => each[i]!.value)) }))
}

async function inProcess(name: FigureName, rounds: number): Promise<Figure[]> {
  const spacious =
    name === 'allocation' ? [`--min-semi-space-size=${semiSpace}`, `--max-semi-space-size=${semiSpace}`] : []
  const child = fork(join(import.meta.dirname, 'process.ts'), [name, String(rounds)], {
    execArgv: [...typescript, '--expose-gc', ...spacious],
  })
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the process for ${name} ended with ${code}`)
  })
  const [figures] = (await Promise.race([once(child, 'message'), exited])) as [Figure[]]
  exited.catch(() => {}) // its result has arrived already
  return figures
}
