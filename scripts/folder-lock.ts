// One stack per folder: two would write to the same databases. The lock is a file that names the process that
// holds the folder. A lock whose process is gone is taken over, and what that process left running is ended.
import { spawnSync } from 'node:child_process'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { signalGroup } from './process-group.ts'
import { beganAt, isRunning } from './process-status.ts'

export interface Holder {
  readonly pid: number
  /** When the process began, as the system says it: another process may get the same number. */
  readonly began: string
  readonly port: number
  /** Process groups that it has started. */
  readonly groups: readonly number[]
}

export interface FolderLock {
  /** The holder that was killed, and the process groups of its that were ended now. */
  readonly tookOver: { readonly pid: number; readonly ended: readonly number[] } | undefined
  /** Notes a process group, so that whoever takes over can end it. */
  readonly addGroup: (id: number) => void
  readonly release: () => void
}

const lockName = 'lock'
/** Everything else in the folder may be deleted while the lock is held. */
export const isLock = (name: string): boolean => name === lockName || name.startsWith(`${lockName}.`)

/** Throws a sentence if another process holds the folder. */
export function lockFolder(directory: string, port: number): FolderLock {
  const path = join(directory, lockName)
  let holder: Holder = { pid: process.pid, began: beganAt(process.pid), port, groups: [] }
  const tookOver = acquire(path, holder)
  return {
    tookOver,
    addGroup(id) {
      holder = { ...holder, groups: [...holder.groups, id] }
      replace(path, JSON.stringify(holder))
    },
    release: () => rmSync(path, { force: true }),
  }
}

function acquire(path: string, holder: Holder): FolderLock['tookOver'] {
  if (create(path, holder)) return undefined
  const text = readFileSync(path, 'utf8')
  const earlier = parseHolder(text)
  if (earlier && isRunning(earlier.pid, earlier.began)) throw new Error(heldSentence(path, earlier))
  // Renamed, not deleted: of two that take over at once, one finds the other's lock and gives it back.
  const taken = `${path}.${process.pid}`
  renameSync(path, taken)
  if (readFileSync(taken, 'utf8') !== text) renameSync(taken, path)
  else rmSync(taken)
  if (!create(path, holder)) throw new Error(`another process has just taken ${path}: try again`)
  return { pid: earlier?.pid ?? 0, ended: (earlier?.groups ?? []).filter(endGroup) }
}

function heldSentence(path: string, { pid, port }: Holder): string {
  const self = pid === process.pid ? 'this process' : `process ${pid}`
  return (
    `${self} already runs a stack in this folder, on port ${port}: stop it first (Ctrl-C there, or ` +
    `"kill ${pid}"), or use another folder. If there is no stack, delete ${path}`
  )
}

/** False if the file exists. It appears with its text or not at all. */
function create(path: string, holder: Holder): boolean {
  const fresh = `${path}.${process.pid}.new`
  writeFileSync(fresh, JSON.stringify(holder))
  try {
    linkSync(fresh, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(fresh, { force: true })
  }
}

/** Replaces a file as a whole: it holds the old text or the new one, even if this process is killed. */
export function replace(path: string, text: string, mode = 0o600): void {
  const fresh = `${path}.${process.pid}.new`
  writeFileSync(fresh, text, { mode })
  renameSync(fresh, path)
}

/** Undefined for a file that is none of ours, such as one that was cut off. */
function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, began, port, groups } = JSON.parse(text) as Partial<Holder>
    const isHolder = Number.isInteger(pid) && typeof began === 'string' && Array.isArray(groups)
    return isHolder ? { pid: pid!, began, port: Number(port), groups } : undefined
  } catch {
    return undefined
  }
}

const modules = join(import.meta.dirname, '../node_modules')

/** Ends a group if all of its processes are tools of this project: its number may belong to others by now. */
function endGroup(id: number): boolean {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,args='], { encoding: 'utf8' })
  const lines = (stdout ?? '').split('\n').map((line) => line.trim())
  const members = lines.filter((line) => line.startsWith(`${id} `) && !line.endsWith('<defunct>'))
  return members.length > 0 && members.every((line) => line.includes(modules)) && signalGroup(id, 'SIGKILL')
}
