// Which flags the list shows, and in which order. Pure.
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import type { NamedShare } from '../ui/marks.tsx'
import { colourOf, type Named, variationName } from './text.ts'

const weightTotal = 100_000 // core/model/limits.ts
const quietMs = 7 * 86_400_000

export const views = ['all', 'running', 'partial', 'quiet', 'off', 'archived'] as const
export type View = (typeof views)[number]

export const orders = ['flag', 'asked', 'changed'] as const
export type Order = (typeof orders)[number]

/** What is chosen, as in the address. */
export interface Choice {
  readonly q?: string
  readonly view?: View
  readonly type?: string
  readonly tag?: string
  readonly maintainer?: string
  readonly sort?: Order
  readonly down?: boolean
}

/** What the default strategy serves; a share without variation is last, with the colour -1. */
export function sharesOf(flag: Named & Pick<FlagRow, 'serves'>, nobody: string): NamedShare[] {
  const { serves } = flag
  const named = (id: string, weight: number): NamedShare => ({
    name: variationName(flag, id),
    colour: colourOf(flag, id),
    share: weight / weightTotal,
  })
  if (serves.kind === 'fixed') return [named(serves.variationId, weightTotal)]
  const { audience, shares } = serves
  const part = (audience?.percentage ?? 100) / 100
  const weights = new Map<string, number>()
  const add = (id: string, weight: number) => weights.set(id, (weights.get(id) ?? 0) + weight)
  for (const { variationId, weight } of shares) add(variationId, weight * part)
  if (audience && part < 1) add(audience.defaultVariationId, weightTotal * (1 - part))
  const all = [...weights].filter(([, weight]) => weight > 0).map(([id, weight]) => named(id, weight))
  const rest = 1 - all.reduce((sum, { share }) => sum + share, 0)
  return rest > 1e-9 ? [...all, { name: nobody, colour: -1, share: rest }] : all
}

const isPartial = ({ serves }: FlagRow): boolean =>
  serves.kind === 'rollout' &&
  serves.shares.filter(({ weight }) => weight > 0).length > 0 &&
  serves.shares.every(({ weight }) => weight < weightTotal)

export function isIn(view: View, flag: FlagRow, now: number): boolean {
  if (view === 'archived') return flag.archived
  if (flag.archived) return false
  switch (view) {
    case 'all':
      return true
    case 'running':
      return flag.related.length > 0
    case 'partial':
      return flag.enabled && isPartial(flag)
    case 'quiet':
      return (flag.lastSeenAt ?? 0) < now - quietMs && flag.createdAt < now - quietMs
    case 'off':
      return !flag.enabled
  }
}

export const countsOf = (flags: readonly FlagRow[], now: number): Record<View, number> =>
  Object.fromEntries(
    views.map((view) => [view, flags.reduce((sum, flag) => sum + Number(isIn(view, flag, now)), 0)]),
  ) as Record<View, number>

const collator = new Intl.Collator('en', { numeric: true })
const compare: Record<Order, (a: FlagRow, b: FlagRow) => number> = {
  flag: (a, b) => collator.compare(a.name || a.key, b.name || b.key),
  asked: (a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0),
  changed: (a, b) => b.updatedAt - a.updatedAt,
}

/** In order; by the newest change unless something else is chosen. */
export function sorted(flags: readonly FlagRow[], order: Order = 'changed', down = false): FlagRow[] {
  const direction = down ? -1 : 1
  return flags.toSorted((a, b) => direction * compare[order](a, b) || collator.compare(a.key, b.key))
}

const texts = new WeakMap<FlagRow, string>()

/** What a search looks at. Made once: a key in the search looks at 10,000 of them. */
function searched(flag: FlagRow): string {
  const made = texts.get(flag) ?? `${flag.key} ${flag.name} ${flag.tags.join(' ')}`.toLowerCase()
  texts.set(flag, made)
  return made
}

/** Those that fit, in the order in which they are given. */
export function shown(flags: readonly FlagRow[], choice: Choice, now: number): FlagRow[] {
  const { q = '', view = 'all', type, tag, maintainer } = choice
  const wanted = q.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (flag: FlagRow) => {
    const text = searched(flag)
    return wanted.every((word) => text.includes(word))
  }
  return flags.filter(
    (flag) =>
      isIn(view, flag, now) &&
      (type === undefined || flag.type === type) &&
      (tag === undefined || flag.tags.includes(tag)) &&
      (maintainer === undefined || flag.maintainer === maintainer) &&
      (wanted.length === 0 || fits(flag)),
  )
}

/** The values to choose from, each once. */
export function valuesOf(flags: readonly FlagRow[]): {
  types: string[]
  tags: string[]
  maintainers: string[]
} {
  const each = (of: (flag: FlagRow) => readonly string[]) =>
    [...new Set(flags.flatMap(of))].filter(Boolean).sort(collator.compare)
  return {
    types: each(({ type }) => [type]),
    tags: each(({ tags }) => tags),
    maintainers: each(({ maintainer }) => [maintainer]),
  }
}
