// What the counts of an environment were computed from, kept on disk between runs: a JSON file, and files of
// contributions beside it. Nothing in them names a user. Each is verified by a digest, and if anything is not
// as it was written, everything is counted anew.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import * as z from 'zod'
import { Part } from '../../analytics/manifest.ts'
import { readSealed, writeSealed } from '../lake/sealed-file.ts'
import { Question } from './question.ts'
import { Totals } from './totals.ts'

/** Longer than any run. */
const abandonedAfterMs = 24 * 3_600_000

const KeptFile = z.object({ name: z.string().check(z.regex(/^[\w.-]+$/)), digest: z.string() })
export type KeptFile = z.infer<typeof KeptFile>

const KeptQuestion = z.object({
  x: z.int(),
  question: Question,
  /** Epoch milliseconds: when a job asked for it last. */
  askedAt: z.int(),
})
export type KeptQuestion = z.infer<typeof KeptQuestion>

/** The objects that are counted, as files of the cache. */
export const KeptSources = z.object({
  raw: z.array(z.string()),
  parts: z.array(z.object({ file: z.string(), part: Part })),
})

export const State = z.object({
  /** Of the queries: other queries count anew. */
  release: z.string(),
  /** Epoch milliseconds of the last full count of everything. */
  recountedAt: z.int(),
  questions: z.array(KeptQuestion),
  ...KeptSources.shape,
  /** Users are counted incrementally, units as a whole. */
  byUser: z.array(KeptFile),
  byUnit: z.array(KeptFile),
  totals: Totals,
})
export type State = z.infer<typeof State>

const stateFile = (folder: string) => path.join(folder, 'state.json')
const digestOf = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')

/** Undefined if there is none, or none that is whole and of this release. */
export async function readState(folder: string, release: string): Promise<State | undefined> {
  const read = State.safeParse(await readSealed(stateFile(folder))).data
  return read?.release === release ? read : undefined
}

export const writeState = (folder: string, state: State): Promise<void> =>
  writeSealed(stateFile(folder), state)

export const dropState = (folder: string) => rm(folder, { recursive: true, force: true })

/** Of files that were just written. */
export const describeFiles = (files: readonly string[]): Promise<KeptFile[]> =>
  Promise.all(
    files.map(async (file) => ({ name: path.basename(file), digest: digestOf(await readFile(file)) })),
  )

export async function areWhole(folder: string, files: readonly KeptFile[]): Promise<boolean> {
  for (const { name, digest } of files) {
    const content = await readFile(path.join(folder, name)).catch(() => undefined)
    if (content === undefined || digestOf(content) !== digest) return false
  }
  return true
}

const namesOf = ({ byUser, byUnit }: State) => [...byUser, ...byUnit].map(({ name }) => name)

/** Removes what the state before named and this one does not, and what a run that was killed left behind. */
export async function sweep(folder: string, before: State | undefined, now: State) {
  const named = new Set(namesOf(now))
  const replaced = new Set(before && namesOf(before))
  await mkdir(folder, { recursive: true })
  for (const name of await readdir(folder)) {
    if (named.has(name) || name === 'state.json') continue
    const file = path.join(folder, name)
    const found = await stat(file).catch(() => undefined)
    const isOld = found && Date.now() - found.mtimeMs > abandonedAfterMs
    if (replaced.has(name) || isOld) await rm(file, { recursive: true, force: true })
  }
}
