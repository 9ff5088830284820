// A folder of a backup is taken only if it holds what was saved: whatever is missing, cut or changed, the
// restore says which file it is, and sends nothing.
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  appendLines,
  batchesIn,
  pathsOf,
  readBackup,
  savedFilesIn,
  writeBackup,
  writeText,
} from './backup-folder.ts'
import { typescript } from './tool.ts'

const root = path.resolve(import.meta.dirname, '..')
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tackline-backup-folder-'))
  const paths = pathsOf(folder)
  appendLines(paths.rows('entities'), [{ id: 'a' }, { id: 'b' }])
  appendLines(paths.rows('entities'), [{ id: 'c' }])
  appendLines(paths.rows('flag_usage'), [])
  writeText(paths.members('shop', 'list'), 'ada\nbob\n')
  appendLines(paths.assignments('shop'), [[3, 'visitor:ada', 'rule', 'on']])
  writeBackup(folder, {
    format: 3,
    from: 'http://localhost:1',
    at: '2026-11-30T00:00:00.000Z',
    migrations: [],
    revisions: { shop: 4 },
    members: [],
    files: await savedFilesIn(folder),
    seal: null,
  })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const names = [
  'rows/entities.ndjson',
  'rows/flag_usage.ndjson',
  'members/shop/list.txt',
  'assignments/shop.ndjson',
]

it('is whole as it was saved, and says what each file held', async () => {
  const { files } = await readBackup(folder)
  expect(Object.keys(files).toSorted()).toEqual(names.toSorted())
  expect(Object.values(files).reduce((sum, { lines }) => sum + lines, 0)).toBe(6)
  const rows: unknown[][] = []
  for await (const batch of batchesIn(pathsOf(folder).rows('entities'))) rows.push(batch)
  expect(rows).toEqual([[{ id: 'a' }, { id: 'b' }, { id: 'c' }]])
})

type Damage = (file: string) => void
const damages: Record<string, Damage> = {
  missing: (file) => renameSync(file, `${file}.old`),
  longer: (file) => appendFileSync(file, '{"id":"d"}\n'),
  'longer by half a line': (file) => appendFileSync(file, '{"id"'),
}
const damagesOfText: Record<string, Damage> = {
  emptied: (file) => truncateSync(file),
  'cut by a byte': (file) => truncateSync(file, readFileSync(file).length - 1),
  'without its last line': (file) => writeFileSync(file, readFileSync(file, 'utf8').replace(/[^\n]*\n$/, '')),
  'of other letters': (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('a', 'e')),
}
const cases = names.flatMap((name) =>
  Object.entries({ ...damages, ...(name !== 'rows/flag_usage.ndjson' && damagesOfText) }).map(
    ([what, damage]) => [name, what, damage] as const,
  ),
)

it.each(cases)('a backup whose %s is %s is refused by name', async (name, _, damage) => {
  damage(path.join(folder, name))
  await expect(readBackup(folder)).rejects.toThrow(path.join(folder, name))
})

const restore = () =>
  spawnSync(process.execPath, [...typescript, 'scripts/restore.ts', folder], {
    cwd: root,
    encoding: 'utf8',
    // Nothing listens there: what is sent fails otherwise.
    env: { ...process.env, TACKLINE_URL: 'http://127.0.0.1:1', TACKLINE_TOKEN: 'token' },
  })

it('nothing is sent of a backup that is not whole', () => {
  expect(restore()).toMatchObject({ status: 1, stderr: 'fetch failed\n' })
  truncateSync(pathsOf(folder).rows('entities'))
  const file = pathsOf(folder).rows('entities')
  const stderr = `The backup is not whole: ${file} has 0 lines, and had 3.\n`
  expect(restore()).toMatchObject({ status: 1, stdout: '', stderr })
})

it('a backup.json that is cut is none', async () => {
  const file = path.join(folder, 'backup.json')
  truncateSync(file, readFileSync(file).length - 20)
  await expect(readBackup(folder)).rejects.toThrow('backup.json is no backup of this format')
})
