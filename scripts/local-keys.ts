// The keys and the token of a local stack, in `local.json` of its folder. The first start makes them, with
// the demo data.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DemoKeys, demoEnvironment, seedDemo } from './demo-data.ts'
import { replace } from './folder-lock.ts'
import type { Stack } from './stack.ts'

export const localFile = (directory: string): string => join(directory, 'local.json')

export interface LocalKeys extends DemoKeys {
  readonly url: string
  readonly token: string
}

/** Throws a sentence if the file is damaged. */
export function readLocalKeys(directory: string): LocalKeys | undefined {
  const path = localFile(directory)
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LocalKeys
  } catch {
    throw new Error(`${path} is not JSON: delete it, and the next start makes new keys`)
  }
}

/** `url`: where the stack will be found, if not where it is now. */
export async function ensureLocalKeys(
  stack: Stack,
  directory: string,
  url: string = stack.url,
): Promise<LocalKeys> {
  const { clientKey, serverKey } = readLocalKeys(directory) ?? (await seedDemo(stack, demoEnvironment))
  const keys = { clientKey, serverKey, url, token: stack.token }
  replace(localFile(directory), JSON.stringify(keys, null, 2))
  return keys
}
