// What an import says about a file as a whole: keys that several campaigns serve, settings of the account.
import type { Finding } from '../../../../core/change/import-plan.ts'
import type { ForeignFile } from './file.ts'
import { type FlagIdentity, modificationKeys } from './identities.ts'
import { type Report, reporter } from './report.ts'

/** If several campaigns have a key, the last one wins: by position in the file there, by flag key here. */
export function overlapFindings(
  { campaigns }: ForeignFile,
  identities: readonly FlagIdentity[],
  findings: Finding[],
): void {
  const byKey = new Map<string, number[]>()
  campaigns.forEach((campaign, i) => {
    for (const key of modificationKeys(campaign)) byKey.set(key, [...(byKey.get(key) ?? []), i])
  })
  for (const [key, indexes] of byKey) {
    const flags = indexes.map((i) => identities[i]!.key)
    if (flags.every((flag, i) => i === 0 || flags[i - 1]! < flag)) continue
    const reason =
      `${key} is served by ${flags.join(', ')}: ` +
      'there the last in the file wins, here the last in alphabetical order'
    for (const flag of flags) reporter(findings, flag)('modifications', 'differs', 'overlap', reason)
  }
}

export function accountFindings({ panic, accountSettings, campaigns }: ForeignFile, report: Report): void {
  const settings = accountSettings ?? {}
  if (panic) report('panic', 'lost', 'settings', 'panic mode is on: every flag comes switched off')
  if (settings['enabled1V1T'])
    report(
      'accountSettings.enabled1V1T',
      'differs',
      'settings',
      'one visitor may be in several tests, AB Tasty’s API allowed one: ' +
        'give the flags assignment exclusive',
    )
  if (settings['enabledXPC'])
    report(
      'accountSettings.enabledXPC',
      'differs',
      'settings',
      'assignments are not carried from an anonymous visitor to an account: ' +
        'give the flags assignment kept',
    )
  if (settings['troubleshooting'])
    report(
      'accountSettings.troubleshooting',
      'lost',
      'settings',
      'it is a setting of the environment, which stays as it is',
    )
  const hasSplit = campaigns.some(({ variationGroups }) =>
    variationGroups.some(({ variations }) => variations.length > 1),
  )
  if (hasSplit)
    report(
      'campaigns',
      'differs',
      'hash',
      'visitor ids outside ASCII are hashed as UTF-8, as by AB Tasty’s servers; ' +
        'the SDK hashes them differently',
    )
}
