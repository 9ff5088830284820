// Whether a web address may be called on somebody's behalf: on the public internet, and without credentials.
// Names are judged by their text alone. Only the caller that connects can check what a name resolves to.

/** Undefined if the address may be called; else what is wrong with it, for a person. */
export function addressProblem(url: string): string | undefined {
  if (/[\\\s]/.test(url)) return 'must not contain backslashes or spaces' // read differently by programs
  const [, authority = ''] = /^https:\/\/([^/?#]*)/i.exec(url) ?? []
  if (authority.includes('@')) return 'must not contain a user name or password'
  const host = authority.replace(/:\d*$/, '').toLowerCase()
  if (/[^\x21-\x7e]|%/.test(host)) return 'must name its host in ASCII'
  const name = host.replace(/\.$/, '')
  if (name.startsWith('[')) return 'must name its host, not an IPv6 address'
  // every form of an IPv4 address ends in a number (WHATWG URL, "ends in a number checker")
  if (/(^|\.)(\d+|0x[\da-f]*)$/.test(name)) return isPublicIpv4(name) ? undefined : notPublic
  const isLocal = !name.includes('.') || localNames.some((suffix) => `.${name}`.endsWith(suffix))
  return isLocal ? notPublic : undefined
}

const notPublic = 'must be an address on the public internet'

/** RFC 6761, RFC 6762, RFC 8375, RFC 9476, and names that clouds give to their own networks. */
const localNames = [
  '.localhost',
  '.local',
  '.internal',
  '.home.arpa',
  '.lan',
  '.alt',
  '.onion',
  '.test',
  '.invalid',
]

/** Only the usual form: four decimal numbers. RFC 6890 lists the ranges for special purposes. */
function isPublicIpv4(text: string): boolean {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1)
  if (!parts || parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith('0'))))
    return false
  const [a, b, c] = parts.map(Number) as [number, number, number]
  return !(
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a >= 224 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 192 && b === 0 && (c === 0 || c === 2)) ||
    (a === 198 && (b === 18 || b === 19)) ||
    (a === 198 && b === 51 && c === 100) ||
    (a === 203 && b === 0 && c === 113)
  )
}
