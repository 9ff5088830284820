// Checks that every path in a Markdown file exists: relative links, and repository paths in backticks. A text
// in backticks is a path if it starts with a room (or ./ or ../), or is the bare name of a source file. A
// glob must match something. Placeholders such as <name> and fenced blocks are ignored. So are decisions,
// which keep the paths of their day.
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
process.chdir(root)

const rooms = 'core|workers|migrations|analytics|batch|bench|console|docs|test|scripts|[.]ci'
const repositoryPath = new RegExp(`^(?:(?:[.]{1,2}/)+|(?:${rooms})/)[\\w./*{},@-]*$`)
const bareSource = /^[\w-]+(?:[.][\w-]+)*[.](?:ts|mjs|cjs|sql|stan|sh|toml)$/

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file && existsSync(file))
const names = new Set(files.map((file) => path.posix.basename(file)))

const problems = files
  .filter((file) => file.endsWith('.md') && !file.startsWith('docs/decisions/'))
  .flatMap(deadPaths)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)

function deadPaths(file: string): string[] {
  let isFenced = false
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      if (/^\s*(```|~~~)/.test(line)) isFenced = !isFenced
      if (isFenced) return []
      const dead = [
        ...linksOf(line).filter((link) => !isThere(link, file)),
        ...codeOf(line).filter((code) => isDead(code, file)),
      ]
      return dead.map((name) => `${file}:${index + 1}: ${name} does not exist`)
    })
}

function linksOf(line: string): string[] {
  const text = line.replaceAll(/`[^`]*`/g, '')
  return [...text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)]
    .map(([, target = '']) => decodeURI(target.replace(/[#?].*$/, '')))
    .filter((target) => target && !/^[a-z][a-z+.-]*:/i.test(target) && !target.startsWith('/'))
}

function codeOf(line: string): string[] {
  return [...line.matchAll(/`([^`\s]+)`/g)].map(([, code = '']) => code.replace(/(?::\d+(?:-\d+)?|#.*)$/, ''))
}

function isDead(code: string, file: string): boolean {
  if (repositoryPath.test(code)) return !isThere(code, file)
  return bareSource.test(code) && !names.has(code)
}

/** Resolves from the repository's root or the page's folder. `core/change` also finds core/change.ts. */
function isThere(target: string, file: string): boolean {
  return [target, path.posix.join(path.posix.dirname(file), target)]
    .filter((candidate) => !candidate.startsWith('..'))
    .some((candidate) =>
      /[*{]/.test(candidate)
        ? globSync(candidate).length > 0
        : existsSync(candidate) || existsSync(`${candidate}.ts`),
    )
}
