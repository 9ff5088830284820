// All sections of the attack, in the order in which they run: the search through the logs comes last.
import { bodySections } from './bodies.ts'
import { callerSections } from './callers.ts'
import { exposures } from './exposures.ts'
import { scan } from './scan.ts'
import { secrets } from './secrets.ts'
import type { Report, Section } from './section.ts'
import { wedge } from './wedge.ts'
import { createTarget, type AttackedStack } from './target.ts'

const sections: readonly Section[] = [...callerSections, ...bodySections, exposures, scan, wedge, secrets]

export const sectionsOf = (isShort: boolean): readonly Section[] =>
  sections.filter(({ notInShort }) => !isShort || notInShort === undefined)

export interface Outcome extends Report {
  readonly section: Section
  readonly seconds: number
}

export async function attack(
  attackedStack: AttackedStack,
  isShort: boolean,
  onOutcome: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const target = await createTarget(attackedStack, isShort)
  const outcomes: Outcome[] = []
  for (const section of sectionsOf(isShort)) {
    const from = performance.now()
    const report = await section.run(target).catch((error: unknown) => ({
      probes: 0,
      findings: [`ended early: ${error instanceof Error ? error.stack : String(error)}`],
      seen: '',
    }))
    const outcome = { ...report, section, seconds: (performance.now() - from) / 1_000 }
    outcomes.push(outcome)
    onOutcome(outcome)
  }
  return outcomes
}
