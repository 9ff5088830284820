// The workloads in a neutral form. Each contender converts them to its own.
import {
  asParsed,
  domestic,
  foreign,
  mulberry32,
  type Random,
  shuffled,
  type User,
  users,
  uuid,
} from './users.ts'

export type Condition =
  | { readonly kind: 'list'; readonly attribute: 'id' | 'country'; readonly values: readonly string[] }
  | { readonly kind: 'number'; readonly attribute: 'age'; readonly atLeast: number }
  | {
      readonly kind: 'version'
      readonly attribute: 'appVersion'
      readonly order: 'at-least' | 'below'
      readonly version: string
    }

/** A split serves `a` to half of the users and `b` to the others, by the user's id. */
export type Outcome = { readonly kind: 'fixed'; readonly variation: string } | { readonly kind: 'split' }

export interface WorkRule {
  /** 20 characters, as in most systems. It is hashed before the user's id. */
  readonly id: string
  /** All of them must match. */
  readonly conditions: readonly Condition[]
  readonly outcome: Outcome
}

export interface WorkFlag {
  readonly key: string
  readonly enabled: boolean
  /** The first rule that matches decides. */
  readonly rules: readonly WorkRule[]
  readonly fallthrough: { readonly id: string; readonly outcome: Outcome }
}

export const workloadNames = ['W1', 'W2', 'W3', 'W4', 'W5', 'W5 new'] as const
export type WorkloadName = (typeof workloadNames)[number]

export interface Workload {
  readonly name: WorkloadName
  readonly title: string
  /** Whether one flag is evaluated by its key, or all flags at once. */
  readonly evaluates: 'one' | 'all'
  readonly flags: readonly WorkFlag[]
  /** Whether ids are new strings for every round, or for every single evaluation. */
  readonly idsAreNew: 'each round' | 'each time'
}

/** The variation of a flag that is off. */
export const disabled = 'disabled'

/** Every variation that the flag can serve. */
export function variationsOf({ rules, fallthrough }: WorkFlag): string[] {
  const outcomes = [...rules, fallthrough].map(({ outcome }) => outcome)
  const named = outcomes.flatMap((outcome) => (outcome.kind === 'fixed' ? [outcome.variation] : ['a', 'b']))
  return [...new Set([...named, disabled])]
}

const listedCount = 10_000

export const workload = (name: WorkloadName): Workload => asParsed(written(name))

function written(name: WorkloadName): Workload {
  const random = mulberry32(name.codePointAt(1)!)
  switch (name) {
    case 'W1':
      return {
        ...described(name, 'one flag, split in halves by user id'),
        flags: [splitFlag('split', random)],
      }
    case 'W2':
      return {
        ...described(name, 'one flag, five rules of three clauses, the last one matches and splits'),
        flags: [ruledFlag('ruled', random)],
      }
    case 'W3':
      return {
        ...described(name, 'all of 100 flags: 40 off, 30 splits, 30 as W2'),
        flags: manyFlags(100, random),
        evaluates: 'all',
      }
    case 'W4':
      return {
        ...described(name, 'all of 1,000 flags: 400 off, 300 splits, 300 as W2'),
        flags: manyFlags(1_000, random),
        evaluates: 'all',
      }
    case 'W5':
      return {
        ...described(name, 'one flag, a list of 10,000 ids with half of the users; ids met before'),
        flags: [listFlag('listed', random)],
      }
    case 'W5 new':
      return {
        ...described(name, 'the same; each id a string never met'),
        flags: [listFlag('listed', random)],
        idsAreNew: 'each time',
      }
  }
}

const described = (name: WorkloadName, title: string) =>
  ({ name, title, evaluates: 'one', idsAreNew: 'each round' }) as const

/** A few flags of each kind, for the checks. */
export function slice(whole: Workload, count: number): Workload {
  return { ...whole, flags: whole.flags.slice(0, count) }
}

export const fixed = (variation: string): Outcome => ({ kind: 'fixed', variation })
export const split: Outcome = { kind: 'split' }

function splitFlag(key: string, random: Random): WorkFlag {
  return { key, enabled: true, rules: [], fallthrough: { id: ruleId(random), outcome: split } }
}

/**
 * The first four rules match no user of the rounds: one fails at its list, one at its number, two at their
 * version.
 */
function ruledFlag(key: string, random: Random): WorkFlag {
  const conditions = (
    codes: readonly string[],
    atLeast: number,
    version: string,
    order: 'at-least' | 'below',
  ) =>
    [
      { kind: 'list', attribute: 'country', values: shuffled(random, codes) },
      { kind: 'number', attribute: 'age', atLeast },
      { kind: 'version', attribute: 'appVersion', order, version },
    ] satisfies Condition[]
  const failing = shuffled(random, [
    conditions(foreign, 18, '2.0.0', 'at-least'),
    conditions(domestic, 91, '2.0.0', 'at-least'),
    conditions(domestic, 18, '10.0.0', 'at-least'),
    conditions(domestic, 18, '2.0.0', 'below'),
  ])
  return {
    key,
    enabled: true,
    rules: [
      ...failing.map((each, i) => ({
        id: ruleId(random),
        conditions: each,
        outcome: fixed(`rule-${i + 1}`),
      })),
      { id: ruleId(random), conditions: conditions(domestic, 18, '2.0.0', 'at-least'), outcome: split },
    ],
    fallthrough: { id: ruleId(random), outcome: fixed('default') },
  }
}

/** Kinds alternate, so that any ten consecutive flags have them in the same shares. */
function manyFlags(count: number, random: Random): WorkFlag[] {
  return Array.from({ length: count }, (_, n) => {
    const key = `flag-${String(n).padStart(4, '0')}`
    const kind = (n * 7) % 10
    if (kind < 4) return { ...(kind < 2 ? splitFlag : ruledFlag)(key, random), enabled: false }
    return kind < 7 ? splitFlag(key, random) : ruledFlag(key, random)
  })
}

function listFlag(key: string, random: Random): WorkFlag {
  const met: readonly User[] = users()
  const listed = met.filter((_, i) => i % 2 === 0).map(({ id }) => id)
  while (listed.length < listedCount) listed.push(uuid(random))
  return {
    key,
    enabled: true,
    rules: [
      {
        id: ruleId(random),
        conditions: [{ kind: 'list', attribute: 'id', values: shuffled(random, listed) }],
        outcome: fixed('rule-1'),
      },
    ],
    fallthrough: { id: ruleId(random), outcome: fixed('default') },
  }
}

const ruleId = (random: Random) => uuid(random).replaceAll('-', '').slice(0, 20)
