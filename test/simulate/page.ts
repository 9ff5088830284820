// The simulated tables of docs/statistics.md, and their figures beside it.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { figureOf } from './figure.ts'
import type { Table } from './table.ts'

const docs = path.join(import.meta.dirname, '..', '..', 'docs')
export const page = path.join(docs, 'statistics.md')
export const figureFile = (name: string) => path.join(docs, 'figures', `${name}.svg`)

/** What was promised of the figures, in percent: a line. */
const promised: Record<string, number> = {
  'false-winners': 5,
  'false-winners-often': 5,
  revenue: 5,
  ratios: 5,
  adjusted: 5,
  'false-kills': 5,
}

export const drawn = (name: string, table: Table) => figureOf(table, promised[name])

export function toMarkdown(name: string, table: Table): string {
  const { title, columns, rows } = table
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const lines = [`**${title}**`, '', line(columns), line(columns.map(() => '---')), ...rows.map(line), '']
  if (drawn(name, table) !== undefined) lines.push(`![${title}, drawn](figures/${name}.svg)`, '')
  return lines.join('\n')
}

/** The tables that the page has, by name. */
export function tablesOf(text: string): ReadonlyMap<string, Table> {
  const sections = text.matchAll(/<!-- simulated: ([a-z-]+) -->\n([\s\S]*?)<!-- end: \1 -->/g)
  return new Map([...sections].map(([, name = '', content = '']) => [name, readTable(content)]))
}

function readTable(content: string): Table {
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  const [columns = [], , ...rows] = content
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map(cells)
  return { title: /^\*\*(.+)\*\*$/m.exec(content)?.[1] ?? '', columns, rows }
}

export const readPage = () => readFileSync(page, 'utf8')

/** The page with another table in its place. */
export function withTable(content: string, name: string, table: Table): string {
  const [begin, end] = [`<!-- simulated: ${name} -->`, `<!-- end: ${name} -->`]
  const [from, to] = [content.indexOf(begin), content.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/statistics.md has no place for ${name}`)
  return `${content.slice(0, from + begin.length)}\n\n${toMarkdown(name, table)}\n${content.slice(to)}`
}
