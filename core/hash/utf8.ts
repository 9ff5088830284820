// Encodes UTF-8, because core uses no platform API: both vendors' servers hash UTF-8 bytes. An unpaired
// surrogate becomes U+FFFD, as in the WHATWG encoder.

/** Appends the UTF-8 bytes of `text` to `bytes`. */
export function appendUtf8(bytes: number[], text: string): number[] {
  for (let i = 0; i < text.length; i++) {
    const point = codePoint(text, i)
    if (point < 0x80) bytes.push(point)
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f))
    else if (point < 0x10000)
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f))
    else {
      bytes.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 0x3f),
        0x80 | ((point >> 6) & 0x3f),
        0x80 | (point & 0x3f),
      )
      i++ // the low surrogate belongs to this code point
    }
  }
  return bytes
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

function codePoint(text: string, i: number): number {
  const unit = text.charCodeAt(i)
  if (unit < 0xd800 || unit > 0xdfff) return unit
  const next = text.charCodeAt(i + 1) // NaN past the end, which makes it unpaired
  const isPair = unit < 0xdc00 && next >= 0xdc00 && next <= 0xdfff
  return isPair ? 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00) : 0xfffd
}
