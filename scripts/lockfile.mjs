// Checks that package-lock.json is whole: `npm ci` refuses a lock file in which an edge has no entry, and
// `npm install` silently leaves out platform packages that the registry at hand does not have. With
// --complete, adds those of the allowed scopes by name and version (npm then resolves them on the platform
// that needs them; they carry no integrity until `npm` has read it from a registry). Plain JavaScript without
// dependencies: it must run when `npm ci` cannot.
import { readFileSync, writeFileSync } from 'node:fs'

const completable = /^@chdb\/lib-(darwin|linux)-(x64|arm64)(-gnu)?$/
const path = 'package-lock.json'
const misspelt = process.argv.slice(2).find((argument) => argument !== '--complete')
if (misspelt !== undefined) {
  console.error(`Unknown option '${misspelt}'; the only option is --complete.`)
  process.exit(2)
}
const lock = JSON.parse(readFileSync(path, 'utf8'))
const entries = lock.packages

/** Where Node would find `name` from the package at `from`, or undefined. */
function resolve(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const candidate = `${at ? `${at}/` : ''}node_modules/${name}`
    if (entries[candidate]) return candidate
    if (!at) return undefined
    if (at.lastIndexOf('/node_modules/') < 0) at = ''
  }
}

const missing = []
for (const [from, entry] of Object.entries(entries)) {
  for (const kind of ['dependencies', 'optionalDependencies']) {
    for (const [name, range] of Object.entries(entry[kind] ?? {}))
      if (!resolve(from, name)) missing.push({ from, name, range })
  }
}

if (process.argv.includes('--complete')) {
  for (const { name, range } of missing.filter(({ name }) => completable.test(name))) {
    const [, os, cpu, libc] = completable.exec(name)
    entries[`node_modules/${name}`] = {
      version: range,
      cpu: [cpu],
      ...(libc && { libc: ['glibc'] }),
      optional: true,
      os: [os],
    }
  }
  lock.packages = Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
}

const left = missing.filter(({ name }) => !entries[`node_modules/${name}`])
const hosts = Object.entries(entries).filter(([, entry]) => /^https?:/.test(entry.resolved ?? ''))
for (const { from, name, range } of left) console.error(`no entry: ${from || '(root)'} -> ${name}@${range}`)
for (const [name] of hosts) console.error(`names a download host: ${name}`)
if (left.length || hosts.length) process.exit(1)
console.log(`lock file complete: ${Object.keys(entries).length} entries`)
