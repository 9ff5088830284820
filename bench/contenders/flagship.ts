// @flagship.io/js-sdk: its edge build in bucketing-edge mode, as published, with a bucketing file. Visitors
// give no consent, so it sends nothing; caches are off, so it remembers no assignment. Timed are fetchFlags,
// which decides every flag of the file, and reading the requested flags. Making a visitor is not timed.
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type * as Sdk from '@flagship.io/js-sdk'
import { versionNumber } from '../by-hand.ts'
import type { Contender } from '../contender.ts'
import type { User } from '../users.ts'
import { type Condition, disabled, type Outcome, type WorkFlag, type WorkRule } from '../workloads.ts'

const asNumber = 'has no versions: they are numbers, made of the text beforehand'
const leavesOut = 'its file has no flags that are off'

export const contender: Contender = {
  deviations: { W2: asNumber, W3: `${asNumber}; ${leavesOut}`, W4: `${asNumber}; ${leavesOut}` },
  splitsBy: 'percent',
  async prepare({ name, flags, evaluates }) {
    const { Flagship, DecisionMode, LogLevel } = await sdkOf(name)
    const flagship = await Flagship.start('environment', 'key', {
      decisionMode: DecisionMode.BUCKETING_EDGE,
      initialBucketing: { campaigns: flags.filter(({ enabled }) => enabled).map(toCampaign) },
      fetchNow: false,
      fetchFlagsBufferingTime: 0,
      disableCache: true,
      disableDeveloperUsageTracking: true,
      logLevel: LogLevel.NONE,
    })
    const key = flags[0]!.key
    return {
      async takeUsers(people) {
        const visitors = people.map((user) => flagship.newVisitor(toVisitor(user)))
        await setImmediate() // lets the work finish that their creation began
        return async (index) => {
          const visitor = visitors[index]!
          await visitor.fetchFlags()
          return evaluates === 'one' ? visitor.getFlag(key).getValue(disabled, false) : valuesOf(visitor)
        }
      },
      variationsOf: (answer) =>
        evaluates === 'one'
          ? [answer as string]
          : flags.map((flag) => (answer as ReturnType<typeof valuesOf>).get(flag.key) ?? disabled),
      close: () => flagship.close(),
    }
  },
}

/** Reads existing flags only: reading a missing one makes the SDK write a report. */
function valuesOf(visitor: Visitor): Map<string, string> {
  const values = new Map<string, string>()
  for (const [key, flag] of visitor.getFlags()) values.set(key, flag.getValue(disabled, false))
  return values
}

type Visitor = ReturnType<Sdk.Flagship['newVisitor']>

/** The SDK holds one environment per process, so each workload gets its own copy of the module. */
async function sdkOf(name: string): Promise<typeof Sdk> {
  const edge = createRequire(import.meta.url)
    .resolve('@flagship.io/js-sdk/edge')
    .replace('commonjs', 'esm')
  return (await import(`${pathToFileURL(edge).href}?${encodeURIComponent(name)}`)) as typeof Sdk
}

const toVisitor = ({ id, country, age, appVersion }: User): Sdk.NewVisitor => ({
  visitorId: id,
  hasConsented: false,
  context: { country, age, appVersion: versionNumber(appVersion) },
})

type Campaign = NonNullable<Sdk.BucketingDTO['campaigns']>[number]
type Group = Campaign['variationGroups'][number]
type Targeting = Group['targeting']['targetingGroups'][number]['targetings'][number]

const everybody = { key: 'fs_all_users', operator: 'EQUALS', value: '' } as Targeting

const toCampaign = ({ key, rules, fallthrough }: WorkFlag): Campaign => ({
  id: `campaign-${key}`,
  type: 'toggle',
  slug: null,
  variationGroups: [
    ...rules.map((rule) => toGroup(key, rule)),
    groupOf(key, fallthrough.id, [everybody], fallthrough.outcome),
  ],
})

const toGroup = (key: string, { id, conditions, outcome }: WorkRule) =>
  groupOf(key, id, conditions.map(toTargeting), outcome)

const groupOf = (key: string, id: string, targetings: Targeting[], outcome: Outcome): Group => ({
  id,
  targeting: { targetingGroups: [{ targetings }] },
  variations: (outcome.kind === 'fixed' ? [outcome.variation] : ['a', 'b']).map((name, _, all) => ({
    id: `${id}-${name}`,
    modifications: { type: 'FLAG', value: { [key]: name } },
    allocation: 100 / all.length,
  })),
})

function toTargeting(condition: Condition): Targeting {
  const key = condition.attribute === 'id' ? 'fs_users' : condition.attribute
  switch (condition.kind) {
    case 'list':
      return { key, operator: 'EQUALS', value: condition.values } as Targeting
    case 'number':
      return { key, operator: 'GREATER_THAN_OR_EQUALS', value: condition.atLeast } as Targeting
    case 'version': {
      const operator = condition.order === 'at-least' ? 'GREATER_THAN_OR_EQUALS' : 'LOWER_THAN'
      return { key, operator, value: versionNumber(condition.version) } as Targeting
    }
  }
}
