/** Where an Auth0 tenant is. @module */
import { ConfigurationError } from '@mcp-auth/core'

/** The addresses of one tenant. */
export interface Auth0Addresses {
  /** `iss` of its tokens, with the slash at the end that Auth0 writes. */
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string
  readonly userinfoEndpoint: string
  readonly jwksURI: string
}

const form = /^(?=.{4,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]*[a-z\d]$/

/**
 * The addresses of a domain: those of the tenant, or a custom one. Tokens carry the domain at which they were asked for.
 * @throws {ConfigurationError}
 * @see [Custom domains](https://auth0.com/docs/customize/custom-domains)
 */
export function parseDomain(domain: string): Auth0Addresses {
  if (typeof domain !== 'string' || !(form.test(domain) || /^(?:localhost|127\.0\.0\.1):\d{1,5}$/.test(domain))) {
    throw new ConfigurationError(
      'domain',
      'must be a host in lower case without https:// and path, such as my-tenant.eu.auth0.com or a custom domain',
    )
  }
  const issuer = `${domain.includes(':') ? 'http' : 'https'}://${domain}/`
  return {
    issuer,
    authorizationEndpoint: `${issuer}authorize`,
    tokenEndpoint: `${issuer}oauth/token`,
    revocationEndpoint: `${issuer}oauth/revoke`,
    userinfoEndpoint: `${issuer}userinfo`,
    jwksURI: `${issuer}.well-known/jwks.json`,
  }
}
