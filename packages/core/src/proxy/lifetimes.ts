/** How long things live. @module */
import { ConfigurationError } from '../errors.ts'

/** Lifetimes in seconds. */
export interface Lifetimes {
  readonly accessToken: number
  /** A refresh token unused for so long dies; use starts it anew. */
  readonly refreshToken: number
  readonly code: number
  /** From the authorization request to the return from the IdP. */
  readonly transaction: number
  /** How long a rotated refresh token gets the same answer again. */
  readonly refreshGrace: number
  /** The longest a grant can be refreshed. */
  readonly grant: number
  /** How long a dynamic client registration is valid. */
  readonly clientRegistration: number
}

/** Lifetimes where nothing else is said. */
export const defaultLifetimes: Lifetimes = {
  accessToken: 3600,
  refreshToken: 30 * 86_400,
  code: 60,
  transaction: 600,
  refreshGrace: 30,
  grant: 180 * 86_400,
  clientRegistration: 365 * 86_400,
}

// Hard limits, least and most: a typing error must not make a code live for a year.
const limits: Readonly<Record<keyof Lifetimes, readonly [number, number]>> = {
  accessToken: [1, 86_400],
  refreshToken: [1, 400 * 86_400],
  code: [1, 600],
  transaction: [1, 3600],
  refreshGrace: [0, 300],
  grant: [1, 3650 * 86_400],
  clientRegistration: [60, 3650 * 86_400],
}

/**
 * Fills in defaults and checks the limits.
 * @throws {ConfigurationError} naming the lifetime
 */
export function resolveLifetimes(given: Partial<Lifetimes> = {}): Lifetimes {
  const resolved = { ...defaultLifetimes, ...given }
  for (const name of lifetimeNames) {
    const [least, most] = limits[name]
    const value = resolved[name]
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new ConfigurationError(`lifetimes.${name}`, `must be a whole number of seconds from ${least} to ${most}`)
    }
  }
  return resolved
}

const lifetimeNames: readonly (keyof Lifetimes)[] = [
  'accessToken',
  'refreshToken',
  'code',
  'transaction',
  'refreshGrace',
  'grant',
  'clientRegistration',
]
