/** IP addresses: which belong to the public internet — RFC 6890 and the registries it began. @module */

/** IPv4 blocks that are not public, as first address and prefix length. */
const special4: readonly (readonly [number, number])[] = (
  [
    [[0, 0, 0, 0], 8],
    [[10, 0, 0, 0], 8],
    [[100, 64, 0, 0], 10],
    [[127, 0, 0, 0], 8],
    [[169, 254, 0, 0], 16],
    [[172, 16, 0, 0], 12],
    [[192, 0, 0, 0], 24],
    [[192, 0, 2, 0], 24],
    [[192, 88, 99, 0], 24],
    [[192, 168, 0, 0], 16],
    [[198, 18, 0, 0], 15],
    [[198, 51, 100, 0], 24],
    [[203, 0, 113, 0], 24],
    [[224, 0, 0, 0], 4],
    [[240, 0, 0, 0], 4],
  ] as const
).map(([octets, length]) => [toNumber(octets), length] as const)

function toNumber(octets: readonly number[]): number {
  return octets.reduce((value, octet) => value * 256 + octet, 0)
}

/**
 * Whether an address is global unicast: not private, loopback, link-local, shared, documentation, multicast, or a
 * form that carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo), whatever that address is.
 * @see [RFC 6890](https://www.rfc-editor.org/rfc/rfc6890)
 */
export function isPublicAddress(address: string): boolean {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)
  if (v4) {
    const octets = v4.slice(1).map(Number)
    return octets.every((octet) => octet < 256) && isPublic4(toNumber(octets))
  }
  const groups = parseIPv6(address)
  return groups !== undefined && isPublic6(groups)
}

function isPublic4(address: number): boolean {
  return special4.every(
    ([first, length]) => Math.floor(address / 2 ** (32 - length)) !== Math.floor(first / 2 ** (32 - length)),
  )
}

function isPublic6([a = 0, b = 0]: readonly number[]): boolean {
  // Only 2000::/3 is global unicast; inside it some blocks are not, or lead to an IPv4 address.
  if (a < 0x2000 || a > 0x3fff) return false
  if (a === 0x2001 && (b < 0x0200 || b === 0x0db8)) return false
  return a !== 0x2002 && !(a === 0x3fff && b < 0x1000)
}

/** Ends of names that stand for no host on the public internet, RFC 6761, 6762, 7686, 8375 and ICANN's `internal`. */
const privateNames = ['localhost', 'local', 'internal', 'home.arpa', 'onion']

/** Whether a host name may belong to a host on the public internet: one with a dot that is not kept for private use. */
export function isPublicName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '')
  return name.includes('.') && !privateNames.some((end) => name.endsWith(`.${end}`))
}

/**
 * The block of addresses that one sender has for certain, to count what it does: an IPv4 address by itself, also
 * where it is written as IPv6, and of an IPv6 address its /64.
 */
export function addressBlock(address: string): string {
  const groups = parseIPv6(address)
  if (!groups) return address
  const [high = 0, low = 0] = groups.slice(6)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
  const network = groups.slice(0, 4).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

/** The eight groups of an IPv6 address, or `undefined`. */
function parseIPv6(address: string): number[] | undefined {
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(address) || !URL.canParse(`http://[${address}]`)) return undefined
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = plain.split('::', 2)
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16))
}
