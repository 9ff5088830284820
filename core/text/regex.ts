// Regular expressions in linear time, whatever the pattern and the text: the pattern becomes a non-deterministic automaton, and all its
// states advance together, one character at a time (Thompson 1968; the method of RE2). No backtracking, so no pattern can be slow.
//
// Understood: literals, `.`, classes `[a-z]` `[^…]`, `\d \w \s \D \W \S \t \n \r`, escaped signs, groups `(…)` `(?:…)`, `|`, `* + ?`,
// `{n}` `{n,}` `{n,m}`, lazy forms of these (they match the same texts), `^` and `$` (of the whole text). Refused, with a sentence: all
// else, among it what no automaton can do (look-around, back references). A match anywhere in the text counts.

/** Instructions of one pattern; a repetition is written out, so the bound on counts is a bound on work. */
const instructionsMax = 2_000
const repeatMax = 255

type Range = readonly [from: number, to: number]
type Tree =
  | { readonly kind: 'class'; readonly ranges: readonly Range[] }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly part: Tree; readonly min: number; readonly max: number }

type Instruction =
  | { readonly kind: 'class'; readonly ranges: readonly Range[] }
  | { readonly kind: 'split'; first: number; second: number }
  | { readonly kind: 'start' | 'end' | 'match' }

export type Pattern =
  | { readonly ok: true; readonly test: (text: string) => boolean }
  | { readonly ok: false; readonly message: string }

/** Thrown inside this file only, and caught where compiling began. */
class Refused extends Error {}

export function compilePattern(source: string): Pattern {
  try {
    const program = assemble(parse(source))
    return { ok: true, test: (text) => run(program, text) }
  } catch (error) {
    if (error instanceof Refused) return { ok: false, message: error.message }
    throw error
  }
}

const lastCodePoint = 0x10ffff
const digits: readonly Range[] = [[48, 57]]
const wordSigns: readonly Range[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]
const spaces: readonly Range[] = [
  [9, 10],
  [12, 13],
  [32, 32],
] // RE2's \s
const notNewline: readonly Range[] = [
  [0, 9],
  [11, lastCodePoint],
]
const shorthands: Readonly<Record<string, readonly Range[]>> = { d: digits, w: wordSigns, s: spaces }
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 }

function parse(source: string): Tree {
  const signs = Array.from(source) // code points, not units
  let at = 0
  const peek = () => signs[at]
  const eat = (sign: string) => signs[at] === sign && ++at > 0
  const refuse = (what: string): never => {
    throw new Refused(`${what} at character ${at + 1} of the pattern`)
  }

  function alternatives(depth: number): Tree {
    if (depth > 100) refuse('too many nested groups')
    const parts = [sequence(depth)]
    while (eat('|')) parts.push(sequence(depth))
    return parts.length === 1 ? parts[0]! : { kind: 'any', parts }
  }
  function sequence(depth: number): Tree {
    const parts: Tree[] = []
    while (at < signs.length && peek() !== '|' && peek() !== ')') parts.push(repeated(atom(depth)))
    return { kind: 'all', parts }
  }
  function repeated(part: Tree): Tree {
    const counts = quantifier()
    if (!counts) return part
    if (part.kind === 'start' || part.kind === 'end') refuse('an anchor cannot be repeated')
    eat('?') // lazy: the same texts match
    if (quantifier()) refuse('a repetition of a repetition')
    return { kind: 'repeat', part, min: counts[0], max: counts[1] }
  }
  function quantifier(): Range | undefined {
    if (eat('*')) return [0, Infinity]
    if (eat('+')) return [1, Infinity]
    if (eat('?')) return [0, 1]
    const counted = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(signs.slice(at, at + 12).join(''))
    if (!counted) return undefined
    at += counted[0].length
    const min = Number(counted[1])
    const max = counted[2] === '' ? min : counted[3] === '' ? Infinity : Number(counted[3])
    if (min > repeatMax || (max !== Infinity && max > repeatMax)) refuse(`a count over ${repeatMax}`)
    if (max < min) refuse('counts out of order')
    return [min, max]
  }
  function atom(depth: number): Tree {
    const sign = signs[at++]!
    switch (sign) {
      case '(': {
        if (eat('?') && !eat(':')) refuse('a group of a kind that is not supported')
        const inner = alternatives(depth + 1)
        if (!eat(')')) refuse('a group that is not closed')
        return inner
      }
      case '[':
        return { kind: 'class', ranges: classRanges() }
      case '.':
        return { kind: 'class', ranges: notNewline }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '\\':
        return { kind: 'class', ranges: escaped() }
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        return refuse(`a lone ${sign}`)
      default:
        return { kind: 'class', ranges: [only(sign)] }
    }
  }
  function escaped(): readonly Range[] {
    const sign = signs[at++]
    if (sign === undefined) return refuse('a lone backslash')
    const lower = sign.toLowerCase()
    const shorthand = Object.hasOwn(shorthands, lower) ? shorthands[lower] : undefined
    if (shorthand) return sign === lower ? shorthand : inverted(shorthand)
    if (Object.hasOwn(controls, sign)) return [[controls[sign]!, controls[sign]!]]
    return /[A-Za-z0-9]/.test(sign) ? refuse(`the escape \\${sign}`) : [only(sign)]
  }
  function classRanges(): readonly Range[] {
    const isInverted = eat('^')
    const ranges: Range[] = []
    while (peek() !== ']') {
      if (at >= signs.length) refuse('a class that is not closed')
      if (peek() === '[') refuse('a [ inside a class: write \\[')
      const from = classSign()
      if (peek() === '-' && signs[at + 1] !== ']' && signs[at + 1] !== undefined) {
        at++
        const to = classSign()
        if (from.length !== 1 || to.length !== 1 || from[0]![0] !== from[0]![1] || to[0]![0] !== to[0]![1])
          refuse('a range of more than signs')
        if (to[0]![0] < from[0]![0]) refuse('a range out of order')
        ranges.push([from[0]![0], to[0]![0]])
      } else ranges.push(...from)
    }
    at++
    return isInverted ? inverted(ranges) : ranges
  }
  const classSign = (): readonly Range[] => {
    const sign = signs[at++]!
    return sign === '\\' ? escaped() : [only(sign)]
  }

  const tree = alternatives(0)
  if (at < signs.length) refuse('a lone )')
  return tree
}

const only = (sign: string): Range => [sign.codePointAt(0)!, sign.codePointAt(0)!]

function inverted(ranges: readonly Range[]): Range[] {
  const gaps: Range[] = []
  let next = 0
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    if (from > next) gaps.push([next, from - 1])
    next = Math.max(next, to + 1)
  }
  if (next <= lastCodePoint) gaps.push([next, lastCodePoint])
  return gaps
}

function assemble(tree: Tree): Instruction[] {
  const program: Instruction[] = []
  const emit = (instruction: Instruction): number => {
    if (program.length >= instructionsMax)
      throw new Refused(`the pattern is too long: more than ${instructionsMax} steps`)
    return program.push(instruction) - 1
  }
  const split = (): { kind: 'split'; first: number; second: number } => {
    const instruction = { kind: 'split' as const, first: program.length + 1, second: 0 }
    emit(instruction)
    return instruction
  }
  const write = (part: Tree): void => {
    switch (part.kind) {
      case 'class':
      case 'start':
      case 'end':
        emit(part)
        return
      case 'all':
        for (const each of part.parts) write(each)
        return
      case 'any':
        return writeAny(part.parts)
      case 'repeat':
        return writeRepeat(part.part, part.min, part.max)
    }
  }
  const writeAny = (parts: readonly Tree[]): void => {
    const ends: { first: number; second: number }[] = []
    parts.forEach((part, i) => {
      if (i === parts.length - 1) return write(part)
      const choice = split()
      write(part)
      ends.push(split())
      choice.second = program.length
    })
    for (const end of ends) end.first = end.second = program.length
  }
  const writeRepeat = (part: Tree, min: number, max: number): void => {
    for (let i = 0; i < min; i++) write(part)
    if (max === Infinity) {
      const at = program.length
      const choice = split()
      write(part)
      const back = split()
      back.first = back.second = at
      choice.second = program.length
      return
    }
    const choices = Array.from({ length: max - min }, () => {
      const choice = split()
      write(part)
      return choice
    })
    for (const choice of choices) choice.second = program.length
  }
  write(tree)
  emit({ kind: 'match' })
  return program
}

/** Every instruction is visited at most once per character: time is text length times program length. */
function run(program: readonly Instruction[], text: string): boolean {
  const visited = new Int32Array(program.length).fill(-1)
  let current: number[] = []
  let next: number[] = []
  const stack: number[] = []
  /** Follows what consumes nothing from `from`; true where that reaches the match. */
  const follow = (from: number, into: number[], at: number, length: number): boolean => {
    stack.push(from)
    while (stack.length > 0) {
      const index = stack.pop()!
      if (visited[index] === at) continue
      visited[index] = at
      const instruction = program[index]!
      switch (instruction.kind) {
        case 'match':
          return true
        case 'split':
          stack.push(instruction.second, instruction.first)
          break
        case 'start':
          if (at === 0) stack.push(index + 1)
          break
        case 'end':
          if (at === length) stack.push(index + 1)
          break
        case 'class':
          into.push(index)
      }
    }
    return false
  }
  let at = 0
  for (;;) {
    if (follow(0, current, at, text.length)) return true // a match may begin anywhere
    const point = text.codePointAt(at)
    if (point === undefined) return false
    at += point > 0xffff ? 2 : 1
    next.length = 0
    for (const index of current) {
      const instruction = program[index]!
      if (
        instruction.kind === 'class' &&
        contains(instruction.ranges, point) &&
        follow(index + 1, next, at, text.length)
      )
        return true
    }
    ;[current, next] = [next, current]
  }
}

function contains(ranges: readonly Range[], point: number): boolean {
  for (const [from, to] of ranges) if (point >= from && point <= to) return true
  return false
}
