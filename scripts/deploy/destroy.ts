// Removes an installation from the account. The bucket with the events stays unless it is empty: Cloudflare
// deletes no bucket that holds something.
import {
  type Installation,
  partsOf,
  resourceKinds,
  resourceNames,
  type ResourceKind,
  workerName,
} from './installation.ts'
import { titles } from './install.ts'
import type { Wrangler } from './wrangler.ts'

export interface Removal {
  readonly what: string
  readonly args: readonly string[]
  /** The installation is gone without it, too. */
  readonly mayStay: boolean
}

/** Workers first, edge before control, whose objects it binds. */
export function removalsOf({ name, profile, jurisdiction, made, uploaded }: Installation): Removal[] {
  const names = resourceNames(name)
  const workers = partsOf(profile)
    .toReversed()
    .map((part) => workerName(name, part))
    .filter((worker) => uploaded.includes(worker))
  const where = jurisdiction === undefined ? [] : ['--jurisdiction', jurisdiction]
  const commands: Record<ResourceKind, readonly string[]> = {
    kv: ['kv', 'namespace', 'delete', '--namespace-id', made.kv ?? '', '--skip-confirmation'],
    d1: ['d1', 'delete', names.d1, '--skip-confirmation'],
    r2: ['r2', 'bucket', 'delete', names.r2, ...where],
    events: ['queues', 'delete', names.events],
    dead: ['queues', 'delete', names.dead],
  }
  return [
    ...workers.map((worker) => ({
      what: `${worker} (Worker)`,
      args: ['delete', '--name', worker, '--force'],
      mayStay: false,
    })),
    ...resourceKinds
      .filter((kind) => made[kind] !== undefined)
      .map((kind) => ({
        what: `${names[kind]} (${titles[kind]})`,
        args: commands[kind],
        mayStay: kind === 'r2',
      })),
  ]
}

/** What is gone already counts as removed. Returns what could not be removed, with the reason. */
export async function destroy(
  removals: readonly Removal[],
  wrangler: Wrangler,
  say: (line: string) => void,
): Promise<{ readonly removal: Removal; readonly output: string }[]> {
  const left = []
  for (const removal of removals) {
    const { ok, output } = await wrangler(...removal.args)
    if (ok || /not found|does not exist|couldn't find/i.test(output)) say(`removed ${removal.what}`)
    else left.push({ removal, output: output.trim() })
  }
  return left
}
