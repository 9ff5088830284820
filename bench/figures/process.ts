// Takes one kind of figure in a process of its own.
import type { Figures } from './figure.ts'

const [name = '', rounds = '1'] = process.argv.slice(2)
const { figures } = (await import(`./${name}.ts`)) as Figures
process.send!(await figures(Number(rounds)))
process.disconnect()
