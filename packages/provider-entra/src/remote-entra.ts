/** Microsoft Entra ID as the authorization server of an MCP server. @module */
import {
  type IssuerMetadata,
  jwtVerifier,
  OAuthError,
  type RemoteOAuthProvider,
  type TokenVerifier,
  type VerifierTools,
} from '@mcp-auth/core'
import { accessTokenRules } from './access-token.ts'
import { discoverIssuer, keysOf } from './entra.ts'
import { type ParsedRemoteEntraOptions, parseRemoteEntraOptions, type RemoteEntraOptions } from './remote-options.ts'
import { isIssuerOfATenant, issuerV2, publishedIssuer } from './tenants.ts'

/**
 * Verifies access tokens that MCP clients got from Entra ID: exact issuer by tenant, exact audience by version.
 * @throws {ConfigurationError} for options that cannot work
 * @see [Secure applications and APIs by validating claims](https://learn.microsoft.com/entra/identity-platform/claims-validation)
 * @example
 * const provider = remoteEntra({ tenant: 'contoso.onmicrosoft.com', clientId, scopes: ['mcp.read'] })
 */
export function remoteEntra(options: RemoteEntraOptions): RemoteOAuthProvider {
  const parsed = parseRemoteEntraOptions(options)
  return Object.freeze({
    name: 'entra',
    displayName: 'Microsoft',
    issuers: Object.freeze([publishedIssuer(parsed)] as const),
    scopes: parsed.scopes,
    createVerifier: (tools: VerifierTools) => createEntraVerifier(parsed, tools),
    describe: async (tools: VerifierTools, signal?: AbortSignal) => await describeEntra(parsed, tools, signal),
  })
}

function createEntraVerifier(options: ParsedRemoteEntraOptions, tools: VerifierTools): TokenVerifier {
  const verifierOf = (issuer?: string): TokenVerifier =>
    jwtVerifier(accessTokenRules(options, keysOf(options), issuer))(tools)
  if (options.kind === 'many') return verifierOf()
  if (options.kind === 'one') return verifierOf(issuerV2(options, options.tenant))
  let known: { readonly issuer: string; readonly verifier: TokenVerifier } | undefined
  return {
    async verify(token, target) {
      const issuer = await tenantIssuer(options, tools)
      // A domain may move to another tenant, and tokens of the former one must not count then.
      if (known?.issuer !== issuer) known = { issuer, verifier: verifierOf(issuer) }
      return await known.verifier.verify(token, target)
    },
  }
}

async function tenantIssuer(options: ParsedRemoteEntraOptions, tools: VerifierTools): Promise<string> {
  try {
    return await discoverIssuer(options, tools)
  } catch (cause) {
    // Whatever is wrong with the document says nothing about the token.
    throw new OAuthError('upstream_unavailable', { cause })
  }
}

/**
 * Entra's own metadata, with what it leaves out: S256 works, and MCP clients refuse metadata that do not say so. For
 * many tenants Entra writes `{tenantid}` in place of the issuer, which is nobody's.
 */
async function describeEntra(
  options: ParsedRemoteEntraOptions,
  tools: VerifierTools,
  signal: AbortSignal | undefined,
): Promise<IssuerMetadata> {
  const published = publishedIssuer(options)
  const template = issuerV2(options, '{tenantid}')
  const accepts = (issuer: string): boolean =>
    options.kind === 'domain' ? isIssuerOfATenant(options, issuer) : issuer === template
  const metadata = await tools.discover(published, { accepts, signal })
  const issuer = metadata.issuer === template ? published : metadata.issuer
  return { code_challenge_methods_supported: ['S256'], ...metadata, issuer }
}
