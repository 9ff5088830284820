// Turns the findings of an import into a plan: which campaigns need somebody, which to check, what to do
// about each. As data, and as plain text.
import type { Candidates, Finding } from '../../../../core/change/import-plan.ts'
import type { Flag } from '../../../../core/model/flag.ts'
import { bucketingFile } from '../bucketing-file.ts'
import { campaignId } from '../campaign.ts'
import type { ForeignFile } from './file.ts'
import { flagIdentities } from './identities.ts'
import { type Topic, reporter } from './report.ts'

/**
 * `act`: somebody gets something else until you do something. `check`: that depends on what your applications
 * send, or which SDKs they use. `know`: decisions stay the same.
 */
export type Urgency = 'act' | 'check' | 'know'

export interface PlanCampaign {
  readonly campaignId: string
  readonly flagKey: string
  readonly name: string
  /** What was found in this campaign, each once. */
  readonly reasons: readonly string[]
}

export interface PlanStep {
  readonly urgency: Urgency
  readonly topic: Topic | 'refused'
  readonly title: string
  readonly toDo: string
  readonly campaigns: readonly PlanCampaign[]
  /** What was found in the account's settings. */
  readonly reasons: readonly string[]
}

export interface MigrationPlan {
  readonly campaigns: number
  readonly imported: number
  /** Ids of the campaigns that need nobody and nothing to be checked. */
  readonly ready: readonly string[]
  readonly needYou: readonly string[]
  readonly steps: readonly PlanStep[]
}

type StepText = Pick<PlanStep, 'urgency' | 'title' | 'toDo'>

/** In the order of the plan. */
const steps: Readonly<Record<Topic | 'refused', StepText>> = {
  refused: {
    urgency: 'act',
    title: 'not imported',
    toDo: 'Mend in the file what is named, and import again; or create the flag by hand.',
  },
  overlap: {
    urgency: 'act',
    title: 'serve the same flag key',
    toDo: 'Archive all but one of them, or rename the flags so that the right one is last in the alphabet.',
  },
  crash: {
    urgency: 'act',
    title: 'make AB Tasty’s SDK lose every flag in bucketing mode',
    toDo:
      'Your visitors have this problem today. Tackline puts the missing EXISTS into its own file, so nothing ' +
      'is left to do once all SDKs read that.',
  },
  bucketing: {
    urgency: 'act',
    title: 'not in the bucketing file',
    toDo:
      'SDKs in bucketing mode get the default in the code: use Decision API mode there, or change the rule ' +
      'that is named. Nothing to do if none of your SDKs uses bucketing mode.',
  },
  attribute: {
    urgency: 'act',
    title: 'use an attribute that has another meaning here',
    toDo: 'Call the attribute by another name in your contexts and in the rule.',
  },
  settings: {
    urgency: 'act',
    title: 'settings of the account',
    toDo: 'Set on the flags, or in the environment’s settings, what is named.',
  },
  version: {
    urgency: 'check',
    title: 'compare versions',
    toDo: 'Check that your applications send a version such as 1.10.0.',
  },
  type: {
    urgency: 'check',
    title: 'depend on the type of an attribute',
    toDo: 'Check that every application sends the attribute with the type that is named.',
  },
  types: {
    urgency: 'check',
    title: 'compare versions where AB Tasty compares texts',
    toDo: 'Check that no application sends the same version in two spellings.',
  },
  case: {
    urgency: 'check',
    title: 'depend on upper and lower case',
    toDo:
      'Nothing to do if your SDKs use bucketing mode. If they use the Decision API, import with ' +
      'caseInsensitive=true to keep deciding as AB Tasty’s servers do.',
  },
  'missing-key': {
    urgency: 'check',
    title: 'depend on an attribute that may be missing',
    toDo: 'Nothing to do if your SDKs use bucketing mode. If not, put exists before the condition.',
  },
  list: {
    urgency: 'check',
    title: 'compare with a list',
    toDo: 'Nothing to do if your SDKs use bucketing mode. If not, remove the condition: it held for nobody.',
  },
  provider: {
    urgency: 'check',
    title: 'use attributes of a partner',
    toDo: 'Send the attribute in the context.',
  },
  'bucket-ranges': {
    urgency: 'check',
    title: 'are for a share of all visitors',
    toDo: 'Nothing to do if your SDKs use the Decision API.',
  },
  allocation: {
    urgency: 'check',
    title: 'have shares that are no whole percents',
    toDo: 'Nothing to do if your SDKs use bucketing mode. If not, check the shares of the flag.',
  },
  'exists-value': {
    urgency: 'check',
    title: 'test with a value whether an attribute exists',
    toDo: 'Nothing to do if your SDKs use bucketing mode. If not, check whether exists or not-exists is meant.',
  },
  hash: {
    urgency: 'check',
    title: 'hash some visitors otherwise',
    toDo: 'Nothing to do if visitor ids and group ids are ASCII, as usual.',
  },
  'never-true': {
    urgency: 'know',
    title: 'have a condition that never, or always, holds',
    toDo: 'Remove it.',
  },
  'unused-group': {
    urgency: 'know',
    title: 'have a group that nobody gets',
    toDo: 'Nothing: it decided nothing.',
  },
  name: {
    urgency: 'know',
    title: 'have a name that is taken or not valid',
    toDo: 'Ask for the flag by its key, and look out for the new name in your analytics.',
  },
  'campaign-type': {
    urgency: 'know',
    title: 'have another type here',
    toDo: 'Nothing: the type decides nothing. Look out for it in your analytics.',
  },
}

/** The candidates with a finding for each flag that the bucketing file leaves out. */
export function withOmissions(settled: Candidates): Candidates {
  const findings = [...settled.findings]
  for (const { flagKey, reason } of bucketingFile(settled).omitted)
    reporter(findings, flagKey)('bucketing', 'differs', 'bucketing', reason)
  return { ...settled, findings }
}

/** `settled` is what can be imported, with the findings of the whole file. */
export function migrationPlan(file: ForeignFile, { flags, findings }: Candidates): MigrationPlan {
  const identities = flagIdentities(file)
  const flagsByKey = new Map(flags.map((flag) => [flag.key, flag]))
  const campaigns = file.campaigns.map(({ id, name }, i) => {
    const { key } = identities[i]!
    const own = findings.filter((finding) => finding.subject === 'flag' && finding.key === key)
    return { id: idOf(flagsByKey.get(key)) ?? id, key, name: name ?? '', own }
  })
  const ofAccount = findings.filter(({ subject }) => subject === 'environment')
  const plan = (Object.keys(steps) as (keyof typeof steps)[]).flatMap((topic): PlanStep[] => {
    const isOf = (finding: Finding) => topicOf(finding) === topic
    const concerned = campaigns.flatMap(({ id, key, name, own }): PlanCampaign[] => {
      const reasons = reasonsOf(own.filter(isOf))
      return reasons.length === 0 ? [] : [{ campaignId: id, flagKey: key, name, reasons }]
    })
    const reasons = reasonsOf(ofAccount.filter(isOf))
    return concerned.length + reasons.length === 0
      ? []
      : [{ ...steps[topic], topic, campaigns: concerned, reasons }]
  })
  const concernedBy = (urgencies: readonly Urgency[]) => {
    const own = plan.filter(({ urgency }) => urgencies.includes(urgency))
    return new Set(own.flatMap((step) => step.campaigns.map(({ flagKey }) => flagKey)))
  }
  const [needing, concerned] = [concernedBy(['act']), concernedBy(['act', 'check'])]
  const idsOf = (isMeant: (key: string) => boolean) =>
    campaigns.filter(({ key }) => isMeant(key)).map(({ id }) => id)
  return {
    campaigns: campaigns.length,
    imported: flags.length,
    ready: idsOf((key) => !concerned.has(key)),
    needYou: idsOf((key) => needing.has(key)),
    steps: plan,
  }
}

const idOf = (flag: Flag | undefined) => flag && campaignId(flag)

const topicOf = ({ topic, effect }: Finding) => (effect === 'left-out' ? 'refused' : (topic as Topic))

const reasonsOf = (findings: readonly Finding[]) => [
  ...new Set(
    findings.map(({ field, effect, reason }) =>
      effect === 'left-out' && field ? `${field}: ${reason}` : reason,
    ),
  ),
]

/** Campaigns that a step's paragraph lists before it says how many more there are. */
const listedMax = 10
/** Reasons for one campaign, likewise. */
const reasonsMax = 3

export function planText({ campaigns, imported, ready, needYou, steps: all }: MigrationPlan): string {
  const of = (urgency: Urgency) => all.filter((step) => step.urgency === urgency)
  const section = (heading: string, list: readonly PlanStep[]) =>
    list.length === 0 ? [] : [[heading, ...list.map(stepText)].join('\n\n')]
  const toDo =
    needYou.length === 0 ? 'No campaign needs you.' : `${needing(needYou.length)}: ${needYou.join(', ')}`
  return [
    `${count(campaigns)}, ${imported} of them imported. Nothing to do or check for ${ready.length}. ${toDo}`,
    ...section('TO DO', of('act')),
    ...section('TO CHECK', of('check')),
    ...section('GOOD TO KNOW', of('know')),
  ].join('\n\n')
}

const count = (campaigns: number) => (campaigns === 1 ? '1 campaign' : `${campaigns} campaigns`)
const needing = (campaigns: number) =>
  campaigns === 1 ? 'This campaign needs you' : `These ${campaigns} campaigns need you`

function stepText({ title, toDo, campaigns, reasons }: PlanStep): string {
  const heading = campaigns.length === 0 ? capitalized(title) : `${headed(title)} (${campaigns.length})`
  const lines = campaigns.slice(0, listedMax).map(({ campaignId: id, flagKey, name, reasons: own }) => {
    const called = [id, ...(flagKey === id ? [] : [`flag ${flagKey}`]), ...(name ? [`“${name}”`] : [])]
    return `  - ${called.join(', ')}: ${limited(own, reasonsMax).join('; ')}`
  })
  const rest = campaigns.length > listedMax ? [`  - and ${campaigns.length - listedMax} more`] : []
  return [`${heading}. ${toDo}`, ...lines, ...rest, ...reasons.map((reason) => `  - ${reason}`)].join('\n')
}

const headed = (title: string) => (title.startsWith('not ') ? capitalized(title) : `Campaigns that ${title}`)
const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
const limited = (texts: readonly string[], max: number) =>
  texts.length <= max ? texts : [...texts.slice(0, max), `and ${texts.length - max} more`]
