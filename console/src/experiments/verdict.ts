// What a verdict says, in one sentence and in two words. A newer runner may have stored verdicts that this
// console does not know: it shows their names. Pure.
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { sizePercent } from '../messages/figures.ts'
import { experiments } from '../messages/experiments.ts'
import { headline } from '../messages/headline.ts'
import { results as words } from '../messages/results.ts'
import type { State } from '../ui/state.ts'
import type { Names } from './names.ts'

type Verdict = StoredResult['verdict']
type Known = keyof typeof experiments.short

export interface Headline {
  readonly tone: 'healthy' | 'failed' | 'neutral'
  readonly mark: State
  readonly label: string
  readonly sentence: string
  readonly reason: string
}

const marks: Record<Known, State> = {
  winner: 'healthy',
  winners: 'healthy',
  'keep-baseline': 'healthy',
  'practically-equal': 'healthy',
  undecided: 'planned',
  'too-early': 'planned',
  withheld: 'failed',
  sound: 'healthy',
  unsound: 'failed',
  secondary: 'planned',
  guardrail: 'planned',
  'guardrail-broken': 'failed',
}

const isKnown = (kind: string): kind is Known => Object.hasOwn(marks, kind)
/** What a verdict has beyond its kind, whoever stored it. */
type Fields = { readonly variationId?: string; readonly variationIds?: string[]; readonly reason?: string }
const fieldsOf = (verdict: Verdict) => verdict as Fields

export const isDecided = ({ kind }: Verdict): boolean =>
  ['winner', 'winners', 'keep-baseline', 'practically-equal', 'guardrail-broken', 'sound'].includes(kind)

/** `“wallet” wins`. */
export function shortVerdict(verdict: Verdict, names: Names): { mark: State; text: string } {
  const { kind } = verdict
  if (!isKnown(kind)) return { mark: 'planned', text: kind }
  const text =
    kind === 'winner'
      ? experiments.short.winner(names.variation(fieldsOf(verdict).variationId ?? ''))
      : experiments.short[kind]
  return { mark: marks[kind], text }
}

/** `isOver`: no more users come. `decidedOn`: the day since which the verdict is the same. */
export function headlineOf(
  result: StoredResult,
  names: Names,
  { isOver, decidedOn }: { isOver: boolean; decidedOn?: number | undefined },
): Headline {
  const { verdict } = result
  const { kind } = verdict
  const mark = isKnown(kind) ? marks[kind] : 'planned'
  return {
    mark,
    tone: mark === 'failed' ? 'failed' : isDecided(verdict) ? 'healthy' : 'neutral',
    label: labelOf(verdict, decidedOn),
    sentence: sentenceOf(result, names, isOver),
    reason: names.inWords(fieldsOf(verdict).reason ?? ''),
  }
}

function labelOf(verdict: Verdict, decidedOn: number | undefined): string {
  if (isDecided(verdict)) return decidedOn === undefined ? words.marks.decided : words.since(decidedOn)
  if (verdict.kind === 'withheld' || verdict.kind === 'unsound') return words.marks.failed
  if (verdict.kind === 'guardrail-broken') return words.calls.broken
  return verdict.kind === 'too-early' ? words.marks.early : words.marks.open
}

function sentenceOf({ verdict, goalKey, comparisons }: StoredResult, names: Names, isOver: boolean): string {
  const goal = names.goal(goalKey)
  const { variationId = '', variationIds = [] } = fieldsOf(verdict)
  switch (verdict.kind) {
    case 'winner': {
      const relative = comparisons?.find((each) => each.variationId === variationId)?.relative
      return headline.winner(names.variation(variationId), goal, relative ? boundsOf(relative) : '.')
    }
    case 'winners':
      return headline.winners(variationIds.map((id) => `“${names.variation(id)}”`).join(', '), goal)
    case 'keep-baseline':
      return headline['keep-baseline'](names.variation(variationId))
    case 'practically-equal':
      return headline['practically-equal'](goal)
    case 'undecided':
      return isOver ? headline.over(goal) : headline.undecided(goal)
    case 'guardrail-broken':
      return headline['guardrail-broken'](variationIds.map((id) => `“${names.variation(id)}”`).join(', '))
    case 'too-early':
    case 'withheld':
    case 'sound':
    case 'unsound':
      return headline[verdict.kind]
    default:
      return headline.other(verdict.kind)
  }
}

/** `: 11.8 % more, at least 6.4 % and at most 17.4 %.` The smaller change comes first, whatever its sign. */
function boundsOf({ estimate, low, high }: { estimate: number; low: number; high: number | null }): string {
  const isMore = estimate > 0
  const by = isMore ? headline.more(sizePercent(estimate)) : headline.less(sizePercent(estimate))
  if (high === null) return isMore ? headline.unbounded(by, sizePercent(low)) : `: ${by}.`
  if (low < 0 !== high < 0) return `: ${by}.`
  const [least, most] = isMore ? [low, high] : [high, low]
  return headline.bounds(by, sizePercent(least), sizePercent(most))
}

/** Since when the newest results of a goal say the same; newest first. Undefined if nothing is decided. */
export function decidedSince(results: readonly StoredResult[]): number | undefined {
  const [newest] = results
  if (!newest || !isDecided(newest.verdict)) return undefined
  const saysSame = ({ verdict, window }: StoredResult) =>
    window.from === newest.window.from &&
    verdict.kind === newest.verdict.kind &&
    fieldsOf(verdict).variationId === fieldsOf(newest.verdict).variationId
  const other = results.findIndex((result) => !saysSame(result))
  return results.at(other < 0 ? -1 : other - 1)!.window.to
}
