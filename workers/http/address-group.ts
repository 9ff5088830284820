// Who is counted as one caller when requests are limited by address.

/**
 * An IPv4 address itself; of an IPv6 address its first 64 bits, because one subscriber has all that begin
 * with them (RIPE-690, 4.2).
 */
export function addressGroup(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address
  const [head = '', tail] = address.split('::')
  const groups = head.split(':')
  if (tail !== undefined) {
    const written = head === '' ? [] : groups
    const after = tail === '' ? [] : tail.split(':')
    const zeros = Array<string>(Math.max(0, 8 - written.length - after.length)).fill('0')
    return prefixOf([...written, ...zeros, ...after])
  }
  return prefixOf(groups)
}

const prefixOf = (groups: readonly string[]) =>
  `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':')}::`
