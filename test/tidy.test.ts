// What no linter knows about this repository. A rule that is broken says which file to look at.
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { longFiles } from './support/longest-first.ts'

const root = path.resolve(import.meta.dirname, '..')
const rooms = ['core', 'workers', 'analytics', 'batch', 'bench', 'console', 'docs', 'test']
const fileLinesMax = 400
const agentsLinesMax = 80

/** Files of the repository, also those not yet added, without what git ignores. */
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file && existsSync(path.join(root, file)))
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const lines = (text: string) => text.trimEnd().split('\n').length
const isGenerated = (file: string) =>
  /^(migrations|test\/golden)\/|^package-lock[.]json$|[.]min[.]\w+$/.test(file)
const isText = (file: string) => !/[.](png|ico|jpe?g|gif|woff2?|parquet|gz|zst|wasm)$/.test(file)

describe('files', () => {
  it(`hold at most ${fileLinesMax} lines of source`, () => {
    const sources = files.filter(
      (file) => /[.](ts|js|mjs|cjs|css|html|sql|stan|sh)$/.test(file) && !isGenerated(file),
    )
    expect(sources.length).toBeGreaterThan(0)
    expect(sources.filter((file) => lines(read(file)) > fileLinesMax)).toEqual([])
  })

  it('keep comments within the width of .editorconfig; oxfmt does so for code', () => {
    const widthMax = Number(/^max_line_length = (\d+)$/m.exec(read('.editorconfig'))?.[1])
    const isComment = (line: string) => /^\s*(?:\/\/|\/\*|\*|--|#)/.test(line) && !/:\/\/| @\w+ /.test(line)
    const wide = files
      .filter((file) => /[.](ts|js|mjs|cjs|css|sql|stan|sh|toml)$/.test(file) && !isGenerated(file))
      .flatMap((file) =>
        read(file)
          .split('\n')
          .flatMap((line, index) =>
            isComment(line) && line.length > widthMax ? [`${file}:${index + 1}`] : [],
          ),
      )
    expect(widthMax).toBeGreaterThan(0)
    expect(wide).toEqual([])
  })

  it('have kebab-case names', () => {
    const sources = files.filter(
      (file) => /[.](ts|js|mjs|cjs|css|sql|stan|sh)$/.test(file) && !isGenerated(file),
    )
    expect(sources.filter((file) => !/^[.a-z0-9-]+$/.test(path.basename(file)))).toEqual([])
  })

  it('name no path of one machine and no package registry host', () => {
    const machinePath = /(?<![\w.:/}-])\/(?:home|Users|root|work)\/\w|\b[A-Z]:\\\\?Users\b/
    const registryHost = /https?:\/\/[^\s/"'`]*(?:registry|artifactory|verdaccio|nexus)[^\s/"'`]*/i
    const found = files.filter(isText).flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, index) =>
          machinePath.test(line) || registryHost.test(line) ? [`${file}:${index + 1}`] : [],
        ),
    )
    expect(found).toEqual([])
  })

  it('that are to run first are there', () => {
    expect(longFiles.filter((file) => !files.includes(file))).toEqual([])
  })
})

describe('pages', () => {
  it.each(rooms)('%s has a README', (room) => {
    expect(files).toContain(`${room}/README.md`)
  })

  it(`AGENTS.md stays under ${agentsLinesMax} lines`, () => {
    expect(lines(read('AGENTS.md'))).toBeLessThan(agentsLinesMax)
  })
})

describe('core', () => {
  it('never reads the clock: time is an argument, so `new Date()` needs one', () => {
    const sources = files.filter((file) => /^core\/.*[.]ts$/.test(file) && !file.endsWith('.test.ts'))
    expect(sources.length).toBeGreaterThan(0)
    expect(
      sources.filter((file) => /new Date(?:\(\s*\)|(?!\s*\()\b)|(?<!new )\bDate\(\)/.test(code(read(file)))),
    ).toEqual([])
  })
})

describe('Workers', () => {
  const whole = 'wrangler.toml'
  const edge = 'workers/edge/wrangler.toml'
  const control = 'workers/control/wrangler.toml'
  const ingest = 'workers/ingest/wrangler.toml'

  it('leave D1 to control: neither the data plane nor ingest has a database', () => {
    expect([edge, control, ingest].filter((file) => /d1_databases/.test(settings(file)))).toEqual([control])
    expect(settings(control)).toMatch(/binding\s*=\s*["']DB["']/)
  })

  it('share one compatibility date', () => {
    const dates = files
      .filter((file) => /(^|\/)wrangler[.]toml$/.test(file))
      .map((file) => /^compatibility_date\s*=\s*"([\d-]+)"/m.exec(settings(file))?.[1])
    expect([...new Set(dates)]).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\d$/)])
  })

  it('have the same bindings, variables and limits as one Worker and as three', () => {
    const merged = [edge, control, ingest].flatMap(tablesOf)
    expect(new Set(tablesOf(whole))).toEqual(new Set(merged))
  })

  /**
   * The tables of a configuration that say what its code can use, without what only a Worker apart needs: ids
   * of shared resources, and names of other Workers.
   */
  function tablesOf(file: string): string[] {
    const header = /^\[+([\w.]+)\]+$/m
    const [, ...parts] = settings(file).split(header)
    return parts.flatMap((name, i) => {
      if (i % 2 === 1 || ['migrations', 'assets', 'build', 'services'].includes(name)) return []
      const lines = parts[i + 1]!.split('\n').map((line) => line.replace(/\s*#.*$/, ''))
      const kept = lines.filter(
        (line) =>
          line && !/^(id|database_id|preview_database_id|migrations_dir|script_name|local_dev) =/.test(line),
      )
      return name === 'vars' ? kept : [[name, ...kept].join('\n')]
    })
  }

  /** A configuration without its comments. */
  function settings(file: string): string {
    return read(file).replaceAll(/^\s*#.*$/gm, '')
  }
})

describe('golden cases', () => {
  const dialects = globSync('workers/protocols/*/wire.ts', { cwd: root }).map((file) =>
    path.basename(path.dirname(file)),
  )
  const cases = files.filter((file) => /^test\/golden\/.+[.]json$/.test(file))

  it('exist for every dialect that has a wire format', () => {
    const without = dialects.filter((name) => !cases.some((file) => file.startsWith(`test/golden/${name}/`)))
    expect(without).toEqual([])
  })

  it('say their name, where they come from, what is given and what is answered', () => {
    const incomplete = cases.filter((file) => {
      const content = JSON.parse(read(file)) as unknown
      const all = (Array.isArray(content) ? content : [content]) as Record<string, unknown>[]
      return (
        all.length === 0 ||
        all.some((one) => ['name', 'source', 'given', 'then'].some((key) => one[key] === undefined))
      )
    })
    expect(incomplete).toEqual([])
  })
})

/** Source text without comments. */
function code(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '')
}
