// Builds the console (console/dist), unless the build that is there is newer than its sources. `npm start`,
// the tests' stacks and the deploy script call this, so that nobody has to think of it.
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import path from 'node:path'
import { root, run } from './tool.ts'

const folder = path.join(root, 'console')
const built = path.join(folder, 'dist')

/** What the build reads. Of control it sees types only, which leave no trace. */
const sources = [
  'console/{index.html,vite.config.ts}',
  'console/{src,static}/**/*',
  'core/**/*.ts',
  'package-lock.json',
]

/** Throws with Vite's output if it cannot be built. Two at once do no harm: each moves a whole folder. */
export async function buildConsole(): Promise<void> {
  if (isFresh()) return
  mkdirSync(path.join(folder, '.build'), { recursive: true })
  const fresh = mkdtempSync(path.join(folder, '.build', 'dist-'))
  const { ok, output } = await run('vite', 'build', folder, '--outDir', fresh, '--logLevel', 'warn')
  if (!ok) {
    rmSync(fresh, { recursive: true, force: true })
    throw new Error(`the console cannot be built:\n${output.trim()}`)
  }
  const old = `${fresh}-old`
  if (existsSync(built)) renameSync(built, old)
  try {
    renameSync(fresh, built)
  } catch (cause) {
    if (!isFresh()) throw cause // otherwise another build was first
    rmSync(fresh, { recursive: true, force: true })
  }
  rmSync(old, { recursive: true, force: true })
}

function isFresh(): boolean {
  const page = path.join(built, 'index.html')
  if (!existsSync(page)) return false
  const builtAt = statSync(page).mtimeMs
  const newest = globSync(sources, { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .reduce((latest, file) => Math.max(latest, statSync(path.join(root, file)).mtimeMs), 0)
  return newest < builtAt
}

/** The scripts that the page loads before anything is shown, as paths. */
export function firstLoad(): string[] {
  const page = readFileSync(path.join(built, 'index.html'), 'utf8')
  const named = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+[.]js)"/g)].map(([, file]) => file!)
  return named.map((file) => path.join(built, file))
}
