// The claims of the demo, and whether they hold.
import type { Conclusion } from './conclude.ts'

/** Users and their actions by variation. */
export interface Met {
  readonly checkout: Readonly<Record<string, { users: number; purchases: number }>>
  readonly search: { readonly users: number; readonly errors: number }
}

export interface Claims {
  check(claim: string, held: boolean, otherwise?: string): void
  /** Prints all claims. 0 if all held. */
  report(): number
}

export function claims(): Claims {
  const checked: { claim: string; held: boolean; otherwise: string }[] = []
  return {
    check(claim, held, otherwise = '') {
      checked.push({ claim, held, otherwise })
    },
    report() {
      console.log('\nWhat was claimed:')
      for (const { claim, held, otherwise } of checked) {
        console.log(
          `  ${held ? 'held  ' : 'FAILED'}  ${claim}${held || !otherwise ? '' : `\n          ${otherwise}`}`,
        )
      }
      return checked.every(({ held }) => held) ? 0 : 1
    },
  }
}

/** Checks that the runner's counts are exactly what the visitors did: nothing lost, nothing counted twice. */
export function checkConclusion(held: Claims, { exitCode, result }: Conclusion, met: Met): void {
  held.check('the batch runner did all its work', exitCode === 0, `it exited with ${exitCode}`)
  held.check('the experiment has a result with engine, diagnostics and verdict', result !== undefined)
  if (!result) return
  for (const { variationId, users, conversions } of result.variations) {
    const truth = met.checkout[variationId] ?? { users: 0, purchases: 0 }
    held.check(
      `${variationId}: ${truth.users} users and ${truth.purchases} purchases, as counted from the lake`,
      users === truth.users && conversions === truth.purchases,
      `the runner counted ${users} and ${conversions}`,
    )
  }
  held.check(
    'the experiment is healthy: no sample ratio mismatch, nobody in two variations',
    result.health.status !== 'red',
    JSON.stringify(result.health),
  )
}

interface File {
  readonly text: string
  readonly lastModified: string
}

export async function checkKillSwitch(
  held: Claims,
  { applied }: Conclusion,
  met: Met,
  before: File,
  read: () => Promise<File>,
): Promise<void> {
  const { users, errors } = met.search
  held.check(
    `fast-search: ${users} users and ${errors} of them with an error, as counted from the lake`,
    applied?.facts.exposedUsers === users && applied.facts.goalUsers === errors,
    JSON.stringify(applied?.facts),
  )
  held.check('the kill switch turned fast-search off', applied?.changed === true)
  const deadline = Date.now() + 5_000
  let after = await read()
  while (after.lastModified === before.lastModified && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    after = await read()
  }
  const groups = ({ text }: File) =>
    (JSON.parse(text) as { campaigns: { id: string; variationGroups: { id: string }[] }[] }).campaigns
      .find(({ id }) => id === 'fast-search')
      ?.variationGroups.map(({ id }) => id)
  held.check(
    'the bucketing file changed with it, and says so by Last-Modified',
    Date.parse(after.lastModified) > Date.parse(before.lastModified) &&
      groups(after)?.join() === 'fast-search:off:fixed:search-off',
    `${before.lastModified} -> ${after.lastModified}, ` +
      `groups ${groups(before)?.join()} -> ${groups(after)?.join()}`,
  )
}
