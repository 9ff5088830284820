// The statements that count, as files: a result says by their digest which ones counted it.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { sqlFile } from '../lake/clickhouse.ts'

const folder = path.join(import.meta.dirname, '..', '..', 'analytics', 'sql', 'counting')

/** Text by name, sorted. */
export const countingStatements = (): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.sql'))
      .toSorted()
      .map((name) => [name, sqlFile(`counting/${name.slice(0, -'.sql'.length)}`)]),
  )

let digest: string | undefined
/** SHA-256 of all of them. */
export function countingDigest(): string {
  digest ??= createHash('sha256')
    .update(JSON.stringify([...countingStatements()]))
    .digest('hex')
  return digest
}

let release: string | undefined
/** Of Tackline, as package.json says. */
export function releaseOf(): string {
  const file = path.join(import.meta.dirname, '..', '..', 'package.json')
  release ??= (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  return release
}
