// Checks configuration that a protocol translated from another system, against the model and the environment.
// Everything that is not carried over exactly gets a finding.
import type { EnvironmentState } from '../model/environment-state.ts'
import { Flag } from '../model/flag.ts'
import { entityBytesMax } from '../model/limits.ts'
import { isTooLarge } from './entity.ts'
import { aliasFields, referenceProblems, segmentReferenceProblems } from './references.ts'
import { Segment } from '../model/segment.ts'
import { repeatedTargets, withoutRepeatedTargets } from '../model/targets.ts'

export interface Finding {
  readonly subject: 'environment' | 'flag' | 'segment'
  /** Key of the flag or segment; if it was left out, its name in the other system. */
  readonly key: string
  /** Dotted path within the subject; empty for the whole. */
  readonly field: string
  /**
   * `left-out`: not imported. `differs`: imported, but somebody may get another value than before. `lost`:
   * imported, with the same decisions, but something else is gone.
   */
  readonly effect: 'left-out' | 'differs' | 'lost'
  /** What it is about, in the protocol's words. Absent if the model refuses it. */
  readonly topic?: string
  /** A sentence for a person, with what to do about it if there is something. */
  readonly reason: string
}

/** The result of a translation, not yet checked. */
export interface Candidates {
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
  readonly findings: readonly Finding[]
}

/** The largest number of findings for one invalid flag or segment. More would not help. */
const reasonsMax = 20

/** Returns the candidates that can be imported, and a finding for each that cannot. */
export function checkCandidates(state: EnvironmentState, candidates: Candidates): Candidates {
  const findings = [...candidates.findings]
  const leaveOut = (subject: 'flag' | 'segment', key: string, problems: readonly Issue[]) => {
    for (const { path, message } of problems.slice(0, reasonsMax))
      findings.push({ subject, key, field: path, effect: 'left-out', reason: message })
  }
  const segments = new Map<string, Segment>()
  for (const candidate of candidates.segments) {
    const problems = segments.has(candidate.key) ? [twice] : issuesOf(Segment, candidate, 'included')
    if (problems.length === 0) segments.set(candidate.key, candidate)
    else leaveOut('segment', candidate.key, problems)
  }
  const flags = new Map<string, Flag>()
  for (const candidate of candidates.flags) {
    const problems = flags.has(candidate.key) ? [twice] : issuesOf(Flag, candidate, 'targets')
    if (problems.length === 0) flags.set(candidate.key, withoutRepeats(candidate, findings))
    else leaveOut('flag', candidate.key, problems)
  }
  // Other segments may refer to one that is left out, so this repeats until nothing changes.
  for (let before = -1; before !== segments.size;) {
    before = segments.size
    const after = { ...state, segment: new Map([...state.segment, ...segments]) }
    for (const [key, segment] of segments) {
      const problems = segmentReferenceProblems(after, segment, state.segment.get(key))
      if (problems.length === 0) continue
      leaveOut('segment', key, problems)
      segments.delete(key)
    }
  }
  // The same for flags.
  for (let before = -1; before !== flags.size;) {
    before = flags.size
    const after = {
      ...state,
      flag: new Map([...state.flag, ...flags]),
      segment: new Map([...state.segment, ...segments]),
    }
    for (const flag of flags.values()) {
      const problems = referenceProblems(after, flag, state.flag.get(flag.key))
      const isAlias = (path: string) => aliasFields.some((field) => field === path)
      if (problems.length > 0 && problems.every(({ path }) => isAlias(path))) {
        const bare = { ...flag }
        for (const { path, message } of problems) {
          findings.push({ subject: 'flag', key: flag.key, field: path, effect: 'lost', reason: message })
          delete bare[path as (typeof aliasFields)[number]]
        }
        flags.set(flag.key, bare)
      } else if (problems.length > 0) {
        leaveOut('flag', flag.key, problems)
        flags.delete(flag.key)
      }
    }
  }
  return { flags: [...flags.values()], segments: [...segments.values()], findings }
}

/** A user who is a target of two variations gets the first, here as in the other systems. */
function withoutRepeats(flag: Flag, findings: Finding[]): Flag {
  const repeated = repeatedTargets(flag.targets)
  if (repeated.length === 0) return flag
  for (const { target, index, key, first, second } of repeated.slice(0, reasonsMax))
    findings.push({
      subject: 'flag',
      key: flag.key,
      field: `targets.${target}.targetingKeys.${index}`,
      effect: 'lost',
      reason: `${key} is a target of ${first} and of ${second}: the first counts, and is kept`,
    })
  return { ...flag, targets: withoutRepeatedTargets(flag.targets) }
}

interface Issue {
  readonly path: string
  readonly message: string
}
const twice: Issue = { path: 'key', message: 'this key occurs twice; the first one is imported' }

interface Schema {
  safeParse: (value: unknown) => {
    error?: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } | undefined
  }
}
/** `largest`: the field to name if the whole is too large to be stored. */
function issuesOf(schema: Schema, value: unknown, largest: string): Issue[] {
  const issues = (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message,
  }))
  if (issues.length > 0 || !isTooLarge(value)) return issues
  const message =
    `as JSON it is larger than ${entityBytesMax} bytes, most of it ids: put them into a segment with ` +
    'uploaded members'
  return [{ path: largest, message }]
}
