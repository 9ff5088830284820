import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { drawn, figureFile, readPage, tablesOf, withTable } from './page.ts'

describe('the figures of docs/statistics.md', () => {
  const content = readPage()
  const tables = [...tablesOf(content)]

  it.each(tables)('%s is drawn from the table beside it', (name, table) => {
    const figure = drawn(name, table)
    if (figure === undefined) expect(existsSync(figureFile(name))).toBe(false)
    else expect(readFileSync(figureFile(name), 'utf8')).toBe(figure)
    // Shown where the table is, and the table is read as it was written.
    expect(withTable(content, name, table)).toBe(content)
  })

  it('are of most tables', () => {
    expect(tables.length).toBeGreaterThan(10)
    expect(tables.filter(([name, table]) => drawn(name, table) !== undefined).length).toBeGreaterThan(8)
  })
})
