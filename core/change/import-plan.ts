// Configuration that was made for another system. A dialect translates; here what it made is held against our
// own rules and against the environment it comes into, and whatever cannot be carried over exactly gets a
// finding.
import type { EnvironmentState } from '../model/environment-state.ts'
import { Flag } from '../model/flag.ts'
import { referenceProblems } from './references.ts'
import { Segment } from '../model/segment.ts'

export interface Finding {
  readonly subject: 'environment' | 'flag' | 'segment'
  /** Of the flag or segment, as it was called where it comes from where it did not come along. */
  readonly key: string
  /** Dotted path inside the subject; empty for the whole of it. */
  readonly field: string
  /**
   * `left-out`: it did not come along. `differs`: it did, and somebody may be given something else than
   * before. `lost`: it did, decisions are the same, and something beside them is gone.
   */
  readonly effect: 'left-out' | 'differs' | 'lost'
  /** For a person, with what to do about it where there is something. */
  readonly reason: string
}

/** What a dialect made of its input: in our shape, not yet held against our rules. */
export interface Candidates {
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
  readonly findings: readonly Finding[]
}

/** Reasons told of one flag or segment that breaks our rules: more would not help anybody. */
const reasonsMax = 20

/** The candidates that can be written, and a finding for each that cannot. */
export function settle(state: EnvironmentState, candidates: Candidates): Candidates {
  const findings = [...candidates.findings]
  const leaveOut = (subject: 'flag' | 'segment', key: string, problems: readonly Issue[]) => {
    for (const { path, message } of problems.slice(0, reasonsMax))
      findings.push({ subject, key, field: path, effect: 'left-out', reason: message })
  }
  const segments = new Map<string, Segment>()
  for (const candidate of candidates.segments) {
    const problems = segments.has(candidate.key) ? [twice] : issuesOf(Segment, candidate)
    if (problems.length === 0) segments.set(candidate.key, candidate)
    else leaveOut('segment', candidate.key, problems)
  }
  const flags = new Map<string, Flag>()
  for (const candidate of candidates.flags) {
    const problems = flags.has(candidate.key) ? [twice] : issuesOf(Flag, candidate)
    if (problems.length === 0) flags.set(candidate.key, candidate)
    else leaveOut('flag', candidate.key, problems)
  }
  // A flag that is left out may be what others stand on: until nothing more falls.
  for (let before = -1; before !== flags.size;) {
    before = flags.size
    const after = {
      ...state,
      flag: new Map([...state.flag, ...flags]),
      segment: new Map([...state.segment, ...segments]),
    }
    for (const { slug, ...flag } of flags.values()) {
      const problems = referenceProblems(after, slug === undefined ? flag : { ...flag, slug })
      if (problems.length > 0 && problems.every(({ path }) => path === 'slug')) {
        findings.push({
          subject: 'flag',
          key: flag.key,
          field: 'slug',
          effect: 'lost',
          reason: problems[0]!.message,
        })
        flags.set(flag.key, flag)
      } else if (problems.length > 0) {
        leaveOut('flag', flag.key, problems)
        flags.delete(flag.key)
      }
    }
  }
  return { flags: [...flags.values()], segments: [...segments.values()], findings }
}

interface Issue {
  readonly path: string
  readonly message: string
}
const twice: Issue = { path: 'key', message: 'this key is there twice; the first is taken' }

interface Schema {
  safeParse: (value: unknown) => {
    error?: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } | undefined
  }
}
const issuesOf = (schema: Schema, value: unknown): Issue[] =>
  (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message,
  }))
