// Small files of the cache that nothing outside of them can verify, such as counts and indexes. They are kept
// with a digest of their content: one that was damaged is like one that is not there.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Rejects if it cannot be written. */
export function writeSealed(file: string, content: unknown): Promise<void> {
  const text = JSON.stringify(content)
  return writeWhole(file, `${digestOf(text)}\n${text}`)
}

/** Undefined if there is no such file, or if it is not what was written. */
export async function readSealed(file: string): Promise<unknown> {
  const sealed = await readFile(file, 'utf8').catch(() => '')
  const [digest, text] = [sealed.slice(0, digestLength), sealed.slice(digestLength + 1)]
  return digest === digestOf(text) ? JSON.parse(text) : undefined
}

const digestLength = 64
const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** Renamed when complete, so neither a crash nor a second runner leaves half a file. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const part = `${file}.${randomUUID()}.part`
  try {
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(part, content)
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
