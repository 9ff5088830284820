// SHA-256 over UTF-8 (FIPS 180-4), for texts of a few dozen characters on the request path. The platform's
// SHA-256 is ten times as fast per byte, but one call into it costs more than a whole hash here. Libraries
// allocate arrays for every text. Not reentrant: all hashes share the buffers below.
import { appendUtf8 } from './utf8.ts'

/** FIPS 180-4: the first 32 bits of the fractions of cube roots (64 primes) and square roots (8 primes). */
const constants = new Int32Array(64)
const initial = new Int32Array(8)
for (let candidate = 2, found = 0; found < 64; candidate++) {
  if (!isPrime(candidate)) continue
  if (found < 8) initial[found] = fractionOf(Math.sqrt(candidate))
  constants[found++] = fractionOf(Math.cbrt(candidate))
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false
  return true
}

function fractionOf(root: number): number {
  return Math.floor((root % 1) * 2 ** 32) | 0
}

const blockBytes = 64
const state = new Int32Array(8)
const schedule = new Int32Array(64)

/** Holds the message and its padding; grows on demand. */
let message = new Uint8Array(256)

/** The first `words` of the hash's eight 32-bit words, in lower-case hexadecimal. */
export function sha256OfText(text: string, words = 8): string {
  const length = pad(writeUtf8(text))
  state.set(initial)
  for (let from = 0; from < length; from += blockBytes) processBlock(from)
  let hex = ''
  for (let i = 0; i < words; i++) hex += (state[i]! >>> 0).toString(16).padStart(8, '0')
  return hex
}

/** Writes the text into `message`. Returns the number of bytes. */
function writeUtf8(text: string): number {
  const bytesMax = 3 * text.length
  if (bytesMax + 2 * blockBytes > message.length) message = new Uint8Array(2 * bytesMax + 2 * blockBytes)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) {
      const bytes = appendUtf8([], text)
      message.set(bytes)
      return bytes.length
    }
    message[i] = unit
  }
  return text.length
}

/** Appends a one bit, zeros, and the message length in bits as 64 bits. Returns the total length in bytes. */
function pad(bytes: number): number {
  const length = (Math.floor((bytes + 8) / blockBytes) + 1) * blockBytes
  message[bytes] = 0x80
  message.fill(0, bytes + 1, length)
  const bits = bytes * 8
  for (let i = 1, rest = bits; i <= 8; i++, rest = Math.floor(rest / 256)) message[length - i] = rest
  return length
}

function processBlock(from: number): void {
  const bytes = message
  for (let i = 0; i < 16; i++) {
    const at = from + 4 * i
    schedule[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }
  for (let i = 16; i < 64; i++) {
    const early = schedule[i - 15]!
    const late = schedule[i - 2]!
    const sigma0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3)
    const sigma1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10)
    schedule[i] = (((schedule[i - 16]! + sigma0) | 0) + ((schedule[i - 7]! + sigma1) | 0)) | 0
  }
  // Each sum is truncated to 32 bits at once, so that V8 adds integers.
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let i = 0; i < 64; i++) {
    const sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const choice = (e & f) ^ (~e & g)
    const added = (constants[i]! + schedule[i]!) | 0
    const temp1 = (((((h + sum1) | 0) + choice) | 0) + added) | 0
    const sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    h = g
    g = f
    f = e
    e = (d + temp1) | 0
    d = c
    c = b
    b = a
    a = (((temp1 + sum0) | 0) + majority) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
  state[5]! += f
  state[6]! += g
  state[7]! += h
}

const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by))
