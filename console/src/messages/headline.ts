// The sentence above the results of an experiment.
import { inLanguage } from './catalogue.ts'

export const headline = inLanguage({
  en: {
    winner: (variation: string, goal: string, by: string) => `“${variation}” wins on “${goal}”${by}`,
    more: (by: string) => `${by} more`,
    less: (by: string) => `${by} less`,
    bounds: (estimate: string, low: string, high: string) =>
      `: ${estimate}, at least ${low} and at most ${high}.`,
    unbounded: (estimate: string, low: string) => `: ${estimate}, at least ${low}.`,
    winners: (names: string, goal: string) => `${names} all win on “${goal}”: ship any of them.`,
    'keep-baseline': (baseline: string) => `Keep “${baseline}”.`,
    'practically-equal': (goal: string) => `On “${goal}” the variations are practically equal.`,
    undecided: (goal: string) => `Nothing is decided on “${goal}” yet.`,
    over: (goal: string) => `It is over, and nothing is decided on “${goal}”.`,
    'guardrail-broken': (names: string) => `${names}: ahead, but a guardrail is broken. Do not ship.`,
    'too-early': 'It is too early to read this.',
    withheld: 'Do not trust this result: a health check failed.',
    sound: 'The pipeline is sound: no difference is shown where there is none.',
    unsound: 'The pipeline is not sound: equal variations differ.',
    other: (kind: string) => `The verdict is: ${kind}.`,
  },
  de: {
    winner: (variation, goal, by) => `„${variation}“ gewinnt bei „${goal}“${by}`,
    more: (by) => `${by} mehr`,
    less: (by) => `${by} weniger`,
    bounds: (estimate, low, high) => `: ${estimate}, mindestens ${low} und höchstens ${high}.`,
    unbounded: (estimate, low) => `: ${estimate}, mindestens ${low}.`,
    winners: (names, goal) => `${names} gewinnen bei „${goal}“: jede davon ist recht.`,
    'keep-baseline': (baseline) => `„${baseline}“ behalten.`,
    'practically-equal': (goal) => `Bei „${goal}“ sind die Varianten praktisch gleich.`,
    undecided: (goal) => `Bei „${goal}“ ist noch nichts entschieden.`,
    over: (goal) => `Es ist vorbei, und bei „${goal}“ ist nichts entschieden.`,
    'guardrail-broken': (names) => `${names}: vorn, aber eine Leitplanke ist gebrochen. Nicht ausliefern.`,
    'too-early': 'Es ist zu früh, das zu lesen.',
    withheld: 'Diesem Ergebnis ist nicht zu trauen: Eine Prüfung ist fehlgeschlagen.',
    sound: 'Die Messung stimmt: Wo kein Unterschied ist, zeigt sie keinen.',
    unsound: 'Die Messung stimmt nicht: Gleiche Varianten unterscheiden sich.',
    other: (kind) => `Das Urteil ist: ${kind}.`,
  },
})
