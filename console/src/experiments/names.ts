// What people call the variations and goals of an experiment, and the colours of variations. Pure.
import type { Flag } from '../../../core/model/flag.ts'
import type { Goal } from '../../../core/model/goal.ts'
import { colourOf, variationName } from '../flags/text.ts'

export interface Names {
  readonly variation: (id: string) => string
  readonly colour: (id: string) => number
  readonly goal: (key: string) => string
  /** A sentence of the API, which names variations by id. */
  readonly inWords: (sentence: string) => string
}

/** The flag or goal may be gone: then ids are all there is. */
export function namesOf(flag: Flag | undefined, goals: readonly Goal[]): Names {
  const variations = flag?.variations ?? []
  const byLength = variations
    .filter(({ id, name }) => name && name !== id)
    .toSorted((a, b) => b.id.length - a.id.length)
  return {
    variation: (id) => (flag ? variationName(flag, id) : id),
    colour: (id) => (flag ? Math.max(0, colourOf(flag, id)) : 0),
    goal: (key) => goals.find((goal) => goal.key === key)?.name || key,
    inWords: (sentence) =>
      byLength.reduce(
        (text, { id, name }) =>
          text.replaceAll(new RegExp(`(?<![\\w-])${escaped(id)}(?![\\w-])`, 'g'), `“${name}”`),
        sentence,
      ),
  }
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
