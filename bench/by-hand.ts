// Shared parts of the two floors. Uses no code of Tackline.
import type { Condition, Outcome, WorkRule } from './workloads.ts'

export interface Operands {
  readonly countries: readonly string[]
  readonly atLeast: number
  /** Compares version numbers. */
  readonly from: number
  readonly below: number
}

/** A condition of a rule of W2. */
export function operandsOf([list, number, version]: readonly Condition[]): Operands {
  if (list?.kind !== 'list' || number?.kind !== 'number' || version?.kind !== 'version')
    throw new Error('not a rule of W2')
  const limit = versionNumber(version.version)
  const isBelow = version.order === 'below'
  return {
    countries: list.values,
    atLeast: number.atLeast,
    from: isBelow ? 0 : limit,
    below: isBelow ? limit : 2 ** 30,
  }
}

/** A condition of the rule of W5. */
export function idsOf({ conditions }: WorkRule): ReadonlySet<string> {
  const [condition] = conditions
  if (condition?.kind !== 'list') throw new Error('not the rule of W5')
  return new Set(condition.values)
}

export function nameOf(outcome: Outcome): string {
  if (outcome.kind === 'split') throw new Error('not a variation')
  return outcome.variation
}

const dot = 46

/** `1.2.3` as 1_002_003: enough for versions without prereleases, and small enough for a machine integer. */
export function versionNumber(version: string): number {
  let number = 0
  let part = 0
  for (let i = 0; i < version.length; i++) {
    const code = version.charCodeAt(i)
    if (code === dot) {
      number = (number + part) * 1_000
      part = 0
    } else part = part * 10 + code - 48
  }
  return number + part
}

// MurmurHash3 x86-32 in steps. Texts are ASCII, and the length of a rule's id is a multiple of four.

export function block(text: string, i: number): number {
  return (
    text.charCodeAt(i) |
    (text.charCodeAt(i + 1) << 8) |
    (text.charCodeAt(i + 2) << 16) |
    (text.charCodeAt(i + 3) << 24)
  )
}

export function tail(text: string): number {
  let bytes = 0
  for (let i = text.length - 1; i >= (text.length & ~3); i--) bytes = (bytes << 8) | text.charCodeAt(i)
  return bytes
}

export function scramble(bytes: number): number {
  const k = Math.imul(bytes, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

export function mix(state: number, scrambled: number): number {
  const next = state ^ scrambled
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0
}

export function finish(state: number): number {
  let hash = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
