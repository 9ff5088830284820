// Regular expressions in linear time, for any pattern and text. The pattern becomes a non-deterministic
// automaton whose states advance together, one character at a time (Thompson 1968; also used by RE2). Without
// backtracking, no pattern can be slow.
//
// Supported: literals, `.`, classes `[a-z]` `[^…]`, `\d \w \s \D \W \S`, `\t \n \v \f \r`, escaped
// punctuation, groups `(…)` `(?:…)`, `|`, `* + ?`, `{n}` `{n,}` `{n,m}`, their lazy forms (which match the
// same texts), `^` and `$` (start and end of the text), `\b` and `\B` (as in RE2, of ASCII words), and a
// leading `(?i)`. Everything else is rejected with a message, including what no automaton can do: look-around
// and back references. A match anywhere in the text counts.
import { type Range, otherCases } from './case-folding.ts'

/** Limits the work per character. Repetitions are unrolled, so `a{3}` takes three instructions. */
const instructionsMax = 2_000
const repeatMax = 255
const depthMax = 100

/** What consumes no character: the start and end of the text, `\b` and `\B`. */
type Assertion = 'start' | 'end' | 'boundary' | 'no-boundary'
type Tree =
  | { readonly kind: 'class'; readonly ranges: readonly Range[] }
  | { readonly kind: Assertion }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly part: Tree; readonly min: number; readonly max: number }

type Instruction =
  | { readonly kind: 'class'; readonly ranges: readonly Range[] }
  | { readonly kind: 'split'; first: number; second: number }
  | { readonly kind: Assertion | 'match' }

/** What a request may still spend. A step is an instruction looked at, or a range of a class. */
export interface Steps {
  left: number
}

export type Pattern =
  /** Also false if the steps do not suffice: then `left` is negative. */
  | { readonly ok: true; readonly test: (text: string, steps: Steps) => boolean }
  | { readonly ok: false; readonly message: string }

/** Thrown and caught within this file only. */
class PatternError extends Error {}

const caseMark = '(?i)'

/** Compiles a pattern, or returns a message that says why it is invalid or unsupported. */
export function compilePattern(source: string, ignoreCase = false): Pattern {
  try {
    const isMarked = source.startsWith(caseMark)
    const program = assemble(parse(source, isMarked ? caseMark.length : 0, isMarked || ignoreCase))
    return { ok: true, test: (text, steps) => run(program, text, steps) }
  } catch (error) {
    if (error instanceof PatternError) return { ok: false, message: error.message }
    throw error
  }
}

const lastCodePoint = 0x10ffff
const digits: readonly Range[] = [[48, 57]]
const wordCharacters: readonly Range[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]
/** As RE2's `\s`. */
const spaces: readonly Range[] = [
  [9, 10],
  [12, 13],
  [32, 32],
]
const notNewline: readonly Range[] = [
  [0, 9],
  [11, lastCodePoint],
]
const shorthands: Readonly<Record<string, readonly Range[]>> = { d: digits, w: wordCharacters, s: spaces }
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 }

function parse(source: string, from: number, isFolded: boolean): Tree {
  const characters = Array.from(source) // code points, not UTF-16 units
  let at = from
  const peek = () => characters[at]
  const eat = (character: string) => characters[at] === character && ++at > 0
  const refuse = (what: string): never => {
    throw new PatternError(`${what} at character ${at + 1} of the pattern`)
  }

  function alternatives(depth: number): Tree {
    if (depth > depthMax) refuse('too many nested groups')
    const parts = [sequence(depth)]
    while (eat('|')) parts.push(sequence(depth))
    return parts.length === 1 ? parts[0]! : { kind: 'any', parts }
  }
  function sequence(depth: number): Tree {
    const parts: Tree[] = []
    while (at < characters.length && peek() !== '|' && peek() !== ')') parts.push(repeated(atom(depth)))
    return { kind: 'all', parts }
  }
  function repeated(part: Tree): Tree {
    const counts = quantifier()
    if (!counts) return part
    if (part.kind === 'start' || part.kind === 'end' || part.kind.endsWith('boundary'))
      refuse('an anchor cannot be repeated')
    eat('?') // a lazy quantifier matches the same texts
    if (quantifier()) refuse('a quantifier cannot follow another')
    return { kind: 'repeat', part, min: counts[0], max: counts[1] }
  }
  function quantifier(): Range | undefined {
    if (eat('*')) return [0, Infinity]
    if (eat('+')) return [1, Infinity]
    if (eat('?')) return [0, 1]
    const counted = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(characters.slice(at, at + 12).join(''))
    if (!counted) return undefined
    at += counted[0].length
    const min = Number(counted[1])
    const max = counted[2] === '' ? min : counted[3] === '' ? Infinity : Number(counted[3])
    if (min > repeatMax || (max !== Infinity && max > repeatMax)) refuse(`a count cannot exceed ${repeatMax}`)
    if (max < min) refuse('the counts are out of order')
    return [min, max]
  }
  function atom(depth: number): Tree {
    const character = characters[at++]!
    switch (character) {
      case '(': {
        if (eat('?') && !eat(':')) refuse('this kind of group is not supported')
        const inner = alternatives(depth + 1)
        if (!eat(')')) refuse('the group is not closed')
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
        if (eat('b')) return { kind: 'boundary' }
        if (eat('B')) return { kind: 'no-boundary' }
        return { kind: 'class', ranges: escaped() }
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        return refuse(`an unescaped ${character}`)
      default:
        return { kind: 'class', ranges: literal(character) }
    }
  }
  function escaped(toRanges = literal): readonly Range[] {
    const character = characters[at++]
    if (character === undefined) return refuse('nothing follows the backslash')
    const lower = character.toLowerCase()
    const shorthand = Object.hasOwn(shorthands, lower) ? shorthands[lower] : undefined
    if (shorthand) return character === lower ? shorthand : inverted(shorthand)
    if (Object.hasOwn(controls, character)) return [[controls[character]!, controls[character]!]]
    return /[A-Za-z0-9]/.test(character) ? refuse(`unsupported escape \\${character}`) : toRanges(character)
  }
  function classRanges(): readonly Range[] {
    const isInverted = eat('^')
    const ranges: Range[] = []
    while (peek() !== ']') {
      if (at >= characters.length) refuse('the class is not closed')
      if (peek() === '[') refuse('a [ inside a class must be written \\[')
      const from = classCharacter()
      if (peek() === '-' && characters[at + 1] !== ']' && characters[at + 1] !== undefined) {
        at++
        const to = classCharacter()
        const [[first, last], [end, endLast]] = [from[0]!, to[0]!]
        if (from.length !== 1 || to.length !== 1 || first !== last || end !== endLast)
          refuse('a range needs single characters')
        if (end < first) refuse('the range is out of order')
        ranges.push([first, end], ...(isFolded ? otherCases(first, end) : []))
      } else
        ranges.push(
          ...from.flatMap(([first, last]) => (first === last ? folded(first) : [[first, last] as const])),
        )
    }
    at++
    const others = isInverted || isFolded ? inverted(ranges) : [] // inverted twice, ranges are merged
    return isInverted ? others : isFolded ? inverted(others) : ranges
  }
  const classCharacter = (): readonly Range[] => {
    const character = characters[at++]!
    return character === '\\' ? escaped(single) : single(character)
  }
  /** A character, with those that differ from it only in case where case is ignored. */
  function folded(point: number): Range[] {
    return isFolded ? [[point, point], ...otherCases(point, point)] : [[point, point]]
  }
  const literal = (character: string) => folded(character.codePointAt(0)!)

  const tree = alternatives(0)
  if (at < characters.length) refuse('an unmatched )')
  return tree
}

const single = (character: string): Range[] => [[character.codePointAt(0)!, character.codePointAt(0)!]]

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
      throw new PatternError(`the pattern is too long: it needs more than ${instructionsMax} instructions`)
    return program.push(instruction) - 1
  }
  const split = (): { kind: 'split'; first: number; second: number } => {
    const instruction = { kind: 'split' as const, first: program.length + 1, second: 0 }
    emit(instruction)
    return instruction
  }
  const write = (part: Tree): void => {
    switch (part.kind) {
      case 'all':
        for (const each of part.parts) write(each)
        return
      case 'any':
        return writeAny(part.parts)
      case 'repeat':
        return writeRepeat(part.part, part.min, part.max)
      default:
        emit(part)
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

/** Visits every instruction at most once per character: takes text length times program length. */
function run(program: readonly Instruction[], text: string, steps: Steps): boolean {
  steps.left -= program.length
  if (steps.left < 0) return false
  const visited = new Int32Array(program.length).fill(-1)
  let current: number[] = []
  let next: number[] = []
  const stack: number[] = []
  /** Follows instructions that consume no character; true if that reaches the match. */
  const follow = (from: number, into: number[], at: number, length: number): boolean => {
    stack.push(from)
    while (stack.length > 0) {
      const index = stack.pop()!
      steps.left--
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
          break
        default:
          if ((isWord(text, at - 1) !== isWord(text, at)) === (instruction.kind === 'boundary'))
            stack.push(index + 1)
      }
    }
    return false
  }
  let at = 0
  for (;;) {
    if (follow(0, current, at, text.length)) return true // a match may start anywhere
    const point = text.codePointAt(at)
    if (point === undefined || steps.left < 0) return false
    at += point > 0xffff ? 2 : 1
    next.length = 0
    for (const index of current) {
      const instruction = program[index]!
      if (instruction.kind !== 'class') continue
      steps.left -= 1 + instruction.ranges.length
      if (contains(instruction.ranges, point) && follow(index + 1, next, at, text.length)) return true
    }
    ;[current, next] = [next, current]
  }
}

/** A unit of a surrogate pair belongs to no word. */
const isWord = (text: string, at: number) => contains(wordCharacters, text.charCodeAt(at))

function contains(ranges: readonly Range[], point: number): boolean {
  for (const [from, to] of ranges) if (point >= from && point <= to) return true
  return false
}
