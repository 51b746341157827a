/** Texts of environment variables → values. No message repeats what it was given: it may be a secret in the wrong place. @module */
import { ConfigurationError } from '../errors.ts'
import { isScopeToken } from '../protocol/scope.ts'
import type { EnvironmentRecord } from './variables.ts'

/** The text of a variable; an empty one counts as not set, since `NAME=` is how many tools write that. */
export function readText(env: EnvironmentRecord, variable: string): string | undefined {
  const text = env[variable]?.trim()
  return text === '' ? undefined : text
}

/** A TCP port; 0 picks a free one. */
export function readPort(env: EnvironmentRecord, variable: string): number | undefined {
  const text = readText(env, variable)
  if (text === undefined) return undefined
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new ConfigurationError(variable, 'must be a port number from 0 to 65535')
  return port
}

/** A name or an address to listen on. */
export function readHost(env: EnvironmentRecord, variable: string): string | undefined {
  const text = readText(env, variable)?.replace(/^\[(.+)\]$/, '$1')
  if (text !== undefined && !/^[A-Za-z0-9.:%_-]+$/.test(text)) {
    throw new ConfigurationError(variable, 'must be a host name or an IP address, such as 127.0.0.1, without a port')
  }
  return text
}

/** Whole seconds. Limits are the business of whoever uses them. */
export function readWholeSeconds(env: EnvironmentRecord, variable: string): number | undefined {
  const text = readText(env, variable)
  if (text === undefined) return undefined
  if (!/^\d{1,12}$/.test(text)) {
    throw new ConfigurationError(variable, 'must be a whole number of seconds in digits, such as 60')
  }
  return Number(text)
}

/** Seconds, with a decimal point if need be. */
export function readSeconds(env: EnvironmentRecord, variable: string): number | undefined {
  const text = readText(env, variable)
  if (text === undefined) return undefined
  if (!/^\d{1,12}(\.\d{1,3})?$/.test(text)) {
    throw new ConfigurationError(variable, 'must be a number of seconds in digits, such as 10 or 2.5')
  }
  return Number(text)
}

/** `on` or `off`. */
export function readSwitch(env: EnvironmentRecord, variable: string): boolean | undefined {
  const text = readText(env, variable)
  if (text === undefined) return undefined
  if (text !== 'on' && text !== 'off') throw new ConfigurationError(variable, 'must be on or off')
  return text === 'on'
}

/** Scopes with spaces between them. */
export function readScopes(env: EnvironmentRecord, variable: string): readonly string[] | undefined {
  const scopes = readText(env, variable)?.split(/\s+/)
  if (scopes?.every(isScopeToken) === false) {
    throw new ConfigurationError(variable, 'must be scopes with spaces between them, such as: identify guilds')
  }
  return scopes && [...new Set(scopes)]
}

/** Origins of web pages with commas between them, as browsers send them in `Origin`. */
export function readOrigins(env: EnvironmentRecord, variable: string): readonly string[] {
  const origins = readList(env, variable)
  // Not only http: pages of a browser extension have an origin such as `moz-extension://<id>`.
  if (!origins.every((origin) => /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*\\A-Z]+$/.test(origin) && URL.canParse(origin))) {
    throw new ConfigurationError(
      variable,
      'must be origins with commas between them, such as https://app.example.com: lower case, no path, no final slash, no wildcard',
    )
  }
  return origins
}

/** `host:port` pairs with commas between them. */
export function readAuthorities(env: EnvironmentRecord, variable: string): readonly string[] {
  const authorities = readList(env, variable).map((authority) => authority.toLowerCase())
  if (!authorities.every((authority) => /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\]):\d{1,5}$/.test(authority))) {
    throw new ConfigurationError(
      variable,
      'must be host:port pairs with commas between them, such as 127.0.0.1:8080 or intranet.example:443',
    )
  }
  return authorities
}

function readList(env: EnvironmentRecord, variable: string): string[] {
  const items = readText(env, variable)?.split(',') ?? []
  return items.map((item) => item.trim()).filter((item) => item !== '')
}
