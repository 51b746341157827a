/** Metadata of an issuer: where it is, and what makes it one — RFC 8414, OpenID Connect Discovery. @module */
import * as z from 'zod/mini'
import type { IssuerMetadata } from '../provider.ts'
import { isSecureURL } from './uri.ts'
import { wellKnownPath } from './well-known.ts'

/**
 * Where an issuer may publish its metadata, in the order in which MCP clients look.
 * @see [MCP authorization, server metadata discovery](https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization)
 */
export function issuerMetadataURLs(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const places = [
    wellKnownPath(issuer, 'oauth-authorization-server'),
    wellKnownPath(issuer, 'openid-configuration'),
    `${pathname.replace(/\/$/, '')}/.well-known/openid-configuration`,
  ]
  return [...new Set(places.map((place) => origin + place))]
}

const url = z.optional(z.string().check(z.refine((value) => URL.canParse(value) && isSecureURL(new URL(value)))))
const strings = z.optional(z.array(z.string()))
const metadata = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: url,
  token_endpoint: url,
  revocation_endpoint: url,
  introspection_endpoint: url,
  userinfo_endpoint: url,
  registration_endpoint: url,
  jwks_uri: url,
  scopes_supported: strings,
  id_token_signing_alg_values_supported: strings,
  authorization_response_iss_parameter_supported: z.optional(z.boolean()),
})

/**
 * Reads a document. Its endpoints must be https, or http on a loopback host.
 * @returns `undefined` when it is none
 */
export function parseIssuerMetadata(document: unknown): IssuerMetadata | undefined {
  const parsed = metadata.safeParse(document)
  return parsed.success ? parsed.data : undefined
}
