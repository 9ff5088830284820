// Does harm to the runner's cache, as a full or failing disk does.
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { damaged } from './proxy.ts'
import type { CacheDamage } from './schedule.ts'

/** Of a third of the files. `random` is in [0, 1). */
export function harmCache(folder: string, how: CacheDamage, random: () => number): void {
  if (how === 'nothing') return
  for (const file of filesIn(folder).filter(() => random() < 1 / 3)) {
    if (how === 'removes') rmSync(file)
    else if (how === 'empties') truncateSync(file)
    else writeFileSync(file, damaged(readFileSync(file), 'damages', Math.floor(random() * 2 ** 31)))
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((file) => statSync(file).isFile())
      .toSorted()
  } catch {
    return [] // no run has made it yet
  }
}
