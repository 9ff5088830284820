// Whether a web address may be called on somebody's behalf: on the public internet, and without credentials.
// `addressProblem` judges an address by its text, when it is written. A name may resolve to anything, and to
// something else later, so whoever calls it checks each IP address it is about to connect to: `isPublicIp`.

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

/** RFC 6890 and RFC 8190: IPv6 networks for special purposes, by their first 16-bit groups. */
const isPublicGroups = (groups: readonly number[]): boolean => {
  const [a, b] = groups as [number, number]
  return (
    a >= 0x2000 && // ::/8 is unspecified, loopback and mapped; 100::/64 discards; below are unassigned
    a <= 0x3fff && // above are unique local, link-local, multicast and unassigned
    !(a === 0x2001 && (b < 0x200 || b === 0xdb8)) && // protocols, Teredo among them; documentation
    !(a === 0x3fff && b < 0x1000) // documentation
  )
}

/**
 * Whether an IP address, as a resolver gives it, is on the public internet. IPv4 addresses inside IPv6 ones
 * (mapped, NAT64, 6to4) count as what they lead to. Anything that is no address is not public.
 */
export function isPublicIp(text: string): boolean {
  if (!text.includes(':')) return isPublicIpv4(text)
  const groups = groupsOf(text)
  if (!groups) return false
  const at = (i: number) => groups[i]!
  const ipv4 = (high: number, low: number) =>
    isPublicIpv4([high >> 8, high & 255, low >> 8, low & 255].join('.'))
  const startsWith = (...first: readonly number[]) => first.every((group, i) => at(i) === group)
  if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0x64, 0xff9b, 0, 0, 0, 0)) return ipv4(at(6), at(7))
  if (startsWith(0x2002)) return ipv4(at(1), at(2))
  return isPublicGroups(groups)
}

/** The eight groups of an IPv6 address; undefined if the text is none. */
function groupsOf(text: string): number[] | undefined {
  const dotted = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  const bytes = dotted?.slice(2).map(Number)
  if (bytes?.some((byte) => byte > 255)) return undefined
  const inHex = (high: number, low: number) => (high * 256 + low).toString(16)
  const whole = bytes ? `${dotted![1]}${inHex(bytes[0]!, bytes[1]!)}:${inHex(bytes[2]!, bytes[3]!)}` : text
  const [head = '', tail, ...more] = whole.split('::')
  const split = (part: string | undefined) => (part ? part.split(':') : [])
  const [before, after] = [split(head), split(tail)]
  const missing = 8 - before.length - after.length
  if (more.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) return undefined
  const all = [...before, ...Array<string>(missing).fill('0'), ...after]
  return all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? all.map((group) => parseInt(group, 16))
    : undefined
}
