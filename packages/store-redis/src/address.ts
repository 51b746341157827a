/** URLs of servers. @module */
import { ConfigurationError } from '@mcp-auth/core'

/** A server, and how to sign in there. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly isTLS: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  /** Number of the database. */
  readonly database: number
}

const example = 'redis://host:6379 or rediss://user:password@host:6379/0'

/**
 * Reads a URL.
 * @throws {ConfigurationError} that does not quote it
 * @see [The redis URI scheme](https://www.iana.org/assignments/uri-schemes/prov/redis)
 */
export function parseAddress(option: string, value: unknown): RedisAddress {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  const isTLS = url?.protocol === 'rediss:'
  if (!url || url.hostname === '' || !(isTLS || url.protocol === 'redis:')) {
    throw new ConfigurationError(option, `must be a URL such as ${example}`)
  }
  if (url.search !== '' || url.hash !== '') {
    throw new ConfigurationError(option, 'must have no query and no fragment: give other settings through client')
  }
  if (!/^\/?\d{0,6}$/.test(url.pathname)) {
    throw new ConfigurationError(option, 'must end with the host, the port or the number of the database')
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    isTLS,
    username: decode(option, url.username),
    password: decode(option, url.password),
    database: Number(url.pathname.slice(1)),
  }
}

/** Reads a list of URLs, which have to agree on TLS. */
export function parseAddresses(option: string, values: unknown): readonly [RedisAddress, ...RedisAddress[]] {
  const [first, ...others] = Array.isArray(values) ? values.map((value) => parseAddress(option, value)) : []
  if (first === undefined) throw new ConfigurationError(option, `must be a list of URLs such as ${example}`)
  if (others.some(({ isTLS }) => isTLS !== first.isTLS)) {
    throw new ConfigurationError(option, 'must be all redis: or all rediss:')
  }
  return [first, ...others]
}

function decode(option: string, text: string): string | undefined {
  if (text === '') return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ConfigurationError(option, 'must have % in the user name and password written as %25')
  }
}
