// What is known of an installation, and the configurations made for it, in `.tackline/deployments/`, which
// git ignores. Without it, wrangler finds everything by its name again.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { replace } from '../folder-lock.ts'
import { root } from '../tool.ts'
import type { Installation, Part } from './installation.ts'

export interface StateFile {
  read(): Installation | undefined
  write(installation: Installation): void
  /** Returns its path. */
  writeConfig(part: Part, config: object): string
  configPath(part: Part): string
  remove(): void
}

export const deploymentsFolder = path.join(root, '.tackline', 'deployments')

/** Throws a sentence if the file is damaged. */
export function stateFile(name: string, folder = deploymentsFolder): StateFile {
  const file = path.join(folder, `${name}.json`)
  const configPath = (part: Part) => path.join(folder, `${name}.${part}.wrangler.json`)
  const put = (to: string, value: object) => {
    mkdirSync(folder, { recursive: true })
    replace(to, `${JSON.stringify(value, null, 2)}\n`)
  }
  return {
    read() {
      if (!existsSync(file)) return undefined
      try {
        return JSON.parse(readFileSync(file, 'utf8')) as Installation
      } catch {
        throw new Error(`${file} is not JSON: delete it, and the next run finds everything by its name.`)
      }
    },
    write: (installation) => put(file, installation),
    writeConfig(part, config) {
      put(configPath(part), config)
      return configPath(part)
    },
    configPath,
    remove() {
      if (!existsSync(folder)) return
      for (const each of readdirSync(folder))
        if (each === `${name}.json` || each.startsWith(`${name}.`)) rmSync(path.join(folder, each))
    },
  }
}
