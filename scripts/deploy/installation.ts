// What one installation consists of, and what has been made of it. Pure: names and the next thing to make are
// decided here; wrangler makes them (install.ts).
import { loggedShare } from '../../workers/edge/logged-share.ts'

export type Profile = 'one' | 'split'
export type Jurisdiction = 'eu'
export type Part = 'whole' | 'control' | 'ingest' | 'edge'

/** Kept in `.tackline/deployments/{name}.json`. It holds no secret. */
export interface Installation {
  readonly name: string
  readonly profile: Profile
  /** Fixed when the first resource is made: nothing moves between jurisdictions. */
  readonly jurisdiction?: Jurisdiction | undefined
  readonly accountId?: string | undefined
  /** A host name on a zone of the account. */
  readonly domain?: string | undefined
  /** Variables that differ from those of wrangler.toml. */
  readonly variables: Readonly<Record<string, string>>
  /** Ids that Cloudflare gave; for what is bound by name, the name. */
  readonly made: Readonly<Partial<Record<ResourceKind, string>>>
  /** Workers that have been uploaded. */
  readonly uploaded: readonly string[]
  readonly url?: string | undefined
  /** The first environment, once it has an SDK key. */
  readonly firstEnvironment?: string | undefined
}

export const resourceKinds = ['kv', 'd1', 'r2', 'events', 'dead'] as const
export type ResourceKind = (typeof resourceKinds)[number]

/** Fourteen days: all the time that ingest has for them. Free allows one. */
const deadLetterSeconds = 1_209_600

export const defaultName = 'tackline'
const namePattern = /^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/
/** The last word of a Worker's name of a split installation. */
const partNames = /(?:^|-)(?:edge|control|ingest)$/

/** A sentence if it cannot be the name of an installation. */
export function whyNoName(name: string): string | undefined {
  if (!namePattern.test(name))
    return `--name takes 1 to 30 lower-case letters, digits and hyphens, beginning with a letter, not '${name}'.`
  if (partNames.test(name))
    return `--name '${name}' ends as the name of a Worker of a split installation: choose another.`
  return undefined
}

/** What a variable takes, in words, and whether a value is that. */
const variables: Readonly<Record<string, readonly [string, (value: string) => boolean]>> = {
  LOG_REQUESTS: ["'all', 'failures' or a share such as '1%'", (value) => loggedShare(value) !== undefined],
  STATUS_PAGE: ["'public', 'token' or nothing", (value) => ['public', 'token', ''].includes(value)],
  WEBHOOK_RESOLVER: ["an 'https' address or nothing", (value) => value === '' || isHttps(value)],
}
const isHttps = (value: string) => URL.parse(value)?.protocol === 'https:'

/** A sentence if an installation cannot have this variable with this value. */
export function whyNoVariable(key: string, value: string): string | undefined {
  const known = Object.keys(variables)
  if (!known.includes(key)) return `--var takes one of ${known.join(', ')}, as NAME=VALUE, not '${key}'.`
  const [wanted, isKnown] = variables[key]!
  return isKnown(value) ? undefined : `${key} takes ${wanted}, not '${value}'.`
}

/** `tackline`, or `tackline-staging`: what all names of an installation begin with. */
export const prefixOf = (name: string): string => (name === defaultName ? name : `${defaultName}-${name}`)

export function resourceNames(name: string): Readonly<Record<ResourceKind, string>> {
  const prefix = prefixOf(name)
  return {
    kv: `${prefix}-snapshots`,
    d1: prefix,
    r2: `${prefix}-lake`,
    events: `${prefix}-events`,
    dead: `${prefix}-events-dead`,
  }
}

/** In the order of their upload: edge binds control's Durable Objects, and its events need a consumer. */
export const partsOf = (profile: Profile): readonly Part[] =>
  profile === 'one' ? ['whole'] : ['control', 'ingest', 'edge']

export const workerName = (name: string, part: Part): string =>
  part === 'whole' ? prefixOf(name) : `${prefixOf(name)}-${part}`

/** The Worker that SDKs call. */
export const frontOf = (profile: Profile): Part => (profile === 'one' ? 'whole' : 'edge')

/** The part that has the database. */
export const databasePart = (profile: Profile): Part => (profile === 'one' ? 'whole' : 'control')

export interface Creation {
  readonly kind: ResourceKind
  readonly resource: string
  /** For wrangler. */
  readonly args: readonly string[]
  /** Tried instead if the account's plan refuses the first. */
  readonly otherwise?: readonly string[]
}

/** What is still to be made, by wrangler's own commands. */
export function creationsOf({ name, jurisdiction, made }: Installation): Creation[] {
  const names = resourceNames(name)
  const where = jurisdiction === undefined ? [] : ['--jurisdiction', jurisdiction]
  const keep = ['--update-config=false'] // the ids belong into the installation's own file
  const queue = (kind: 'events' | 'dead') => ['queues', 'create', names[kind], ...where]
  const commands: Record<ResourceKind, Omit<Creation, 'kind' | 'resource'>> = {
    kv: { args: ['kv', 'namespace', 'create', names.kv, ...where, ...keep] },
    d1: { args: ['d1', 'create', names.d1, ...where, ...keep] },
    r2: { args: ['r2', 'bucket', 'create', names.r2, ...where, ...keep] },
    events: { args: queue('events') },
    dead: {
      args: [...queue('dead'), '--message-retention-period-secs', String(deadLetterSeconds)],
      otherwise: queue('dead'),
    },
  }
  return resourceKinds
    .filter((kind) => made[kind] === undefined)
    .map((kind) => ({ kind, resource: names[kind], ...commands[kind] }))
}

/** Cloudflare's words for a name that this account has already. */
export const saysItExists = (output: string): boolean =>
  /already (?:exists|taken|been taken)|\[code: (?:10004|10014|11009|7502)\]/i.test(output)

/** Migrations in the database that this clone does not have: the database is of a newer release. */
export const unknownMigrations = (applied: readonly string[], files: readonly string[]): string[] =>
  applied.filter((name) => !files.includes(name))

/**
 * The installation with what this command line asks for, or a sentence. What is remembered holds unless an
 * option says otherwise.
 */
export function withWishes(
  kept: Installation | undefined,
  wishes: {
    readonly name: string
    readonly split: boolean
    readonly jurisdiction?: Jurisdiction | undefined
    readonly accountId?: string | undefined
    readonly domain?: string | undefined
    readonly variables: Readonly<Record<string, string>>
  },
): { ok: true; value: Installation } | { ok: false; problem: string } {
  const { name, split, jurisdiction, accountId, domain, variables } = wishes
  const profile = split ? 'split' : (kept?.profile ?? 'one')
  const fail = (problem: string) => ({ ok: false as const, problem })
  if (kept && kept.uploaded.length > 0 && kept.profile !== profile)
    return fail(
      `The installation ${name} is one Worker. Kept assignments and live counts do not move to another: ` +
        'make the split one beside it, with --name.',
    )
  const hasAny = kept !== undefined && Object.keys(kept.made).length > 0
  if (hasAny && jurisdiction !== undefined && kept.jurisdiction !== jurisdiction)
    return fail(
      `The installation ${name} was made without --jurisdiction ${jurisdiction}; its data do not move.`,
    )
  if (hasAny && accountId !== undefined && kept.accountId !== undefined && kept.accountId !== accountId)
    return fail(
      `The installation ${name} is in account ${kept.accountId}: choose another --name for this one.`,
    )
  if (profile === 'split' && (jurisdiction ?? kept?.jurisdiction) !== undefined)
    return fail('--jurisdiction is for one Worker: only there are Durable Objects restricted as well.')
  return {
    ok: true,
    value: {
      name,
      profile,
      jurisdiction: jurisdiction ?? kept?.jurisdiction,
      accountId: accountId ?? kept?.accountId,
      domain: domain === undefined ? kept?.domain : domain === 'none' ? undefined : domain,
      variables: { ...kept?.variables, ...variables },
      made: kept?.made ?? {},
      uploaded: kept?.uploaded ?? [],
      url: kept?.url,
      firstEnvironment: kept?.firstEnvironment,
    },
  }
}
