/** What every verifier may be told about audience and clocks. @module */
import { ConfigurationError } from '../errors.ts'
import type { AudienceRules, Claims, Tolerances } from '../protocol/access-token.ts'
import { isSecureURL } from '../protocol/uri.ts'

/** Options about audience and clocks. */
export interface TokenRulesOptions {
  /** `aud` must hold one of these. Default: the URL of the protected resource, which is what keeps servers apart. */
  readonly audience?: string | readonly string[] | undefined
  /** What `aud` may hold besides. Default: nothing. */
  readonly toleratedAudiences?: readonly string[] | ((audience: string, claims: Claims) => boolean) | undefined
  /** For so long after `exp` a token still counts, because clocks differ, in seconds. Default 5. */
  readonly expiryToleranceSeconds?: number | undefined
  /** For so long before `nbf` and `iat`, in seconds. Default 30. */
  readonly futureToleranceSeconds?: number | undefined
}

/** The same for one resource. */
export type TokenRules = AudienceRules & Tolerances

/** @throws {ConfigurationError} */
export function parseTokenRules(options: TokenRulesOptions): (resource: string) => TokenRules {
  const { audience, toleratedAudiences = [] } = options
  const audiences = audience === undefined ? undefined : [audience].flat()
  if (audiences?.length === 0 || audiences?.includes('')) throw new ConfigurationError('audience', 'must not be empty')
  const rules = {
    expiryToleranceSeconds: tolerated('expiryToleranceSeconds', options.expiryToleranceSeconds ?? 5),
    futureToleranceSeconds: tolerated('futureToleranceSeconds', options.futureToleranceSeconds ?? 30),
    isTolerated:
      typeof toleratedAudiences === 'function'
        ? toleratedAudiences
        : (audienceOfToken: string): boolean => toleratedAudiences.includes(audienceOfToken),
  }
  return (resource) => ({ ...rules, audiences: audiences ?? [resource] })
}

/**
 * The issuers of an option, the first of them apart.
 * @throws {ConfigurationError}
 */
export function parseIssuers(option: string | readonly string[]): readonly [string, ...string[]] {
  const [issuer, ...more] = [option].flat()
  if (issuer === undefined) throw new ConfigurationError('issuer', 'must name at least one issuer')
  for (const one of [issuer, ...more]) assertIssuer(one)
  return [issuer, ...more]
}

/** @throws {ConfigurationError} */
export function assertIssuer(issuer: string, option = 'issuer'): void {
  if (isSecure(issuer) && !/[?#]/.test(issuer)) return
  throw new ConfigurationError(
    option,
    'must be the issuer as the provider writes it: https (http on a loopback host), without query and fragment',
  )
}

/** @throws {ConfigurationError} */
export function assertSecure(option: string, url: string | undefined): void {
  if (url === undefined || isSecure(url)) return
  throw new ConfigurationError(option, 'must be https, or http on a loopback host')
}

function isSecure(url: string): boolean {
  return URL.canParse(url) && isSecureURL(new URL(url))
}

function tolerated(option: string, seconds: number): number {
  if (seconds >= 0 && seconds <= 300) return seconds
  throw new ConfigurationError(option, 'must be from 0 to 300 seconds')
}
