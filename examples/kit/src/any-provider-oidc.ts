/** What the `OIDC_*` variables say: a proxy in front of an OpenID Provider, or the provider as it is. @module */
import { ConfigurationError, type OIDCOptions, oidc, type RemoteOIDCOptions, remoteOIDC } from '@mcp-auth/core'
import { startOIDCServer } from '@mcp-auth/testing'
import type { AnyProvider } from './any-provider.ts'
import { namingVariables, readVariable } from './any-provider-variables.ts'
import type { ServerStart } from './server-start.ts'

const names = {
  issuer: 'OIDC_ISSUER',
  clientId: 'OIDC_CLIENT_ID',
  clientSecret: 'OIDC_CLIENT_SECRET',
  audience: 'OIDC_AUDIENCE',
} as const

/**
 * With a client id the server stands in front of the provider as an OAuth proxy. Without one the provider is the
 * authorization server itself, which MCP clients register at. With nothing at all there is an OpenID Provider to try
 * things out.
 * @throws {ConfigurationError} naming the variable
 */
export async function readOIDC(start: ServerStart): Promise<AnyProvider> {
  const { variables, environment } = start
  const read = (option: keyof typeof names): string | undefined => readVariable(variables, names[option])
  const [issuer, clientId, clientSecret] = [read('issuer'), read('clientId'), read('clientSecret')]
  const common = { audience: read('audience'), scopes: environment.scopes }
  if (issuer === undefined) {
    const set = Object.values(names).find((name) => readVariable(variables, name) !== undefined)
    if (set !== undefined) throw new ConfigurationError(names.issuer, `is missing: ${set} is set without it`)
    return proxy({ ...(await startFake(start)), ...common })
  }
  if (clientId !== undefined) return proxy({ issuer, clientId, clientSecret, ...common })
  if (clientSecret === undefined) return remote({ issuer, ...common })
  throw new ConfigurationError(names.clientId, `is missing: ${names.clientSecret} is set without it`)
}

function proxy(options: OIDCOptions): AnyProvider {
  return { mode: 'proxy', provider: namingVariables(names, () => oidc(options)), named: names.issuer }
}

function remote(options: RemoteOIDCOptions): AnyProvider {
  return { mode: 'remote', provider: namingVariables(names, () => remoteOIDC(options)), named: names.issuer }
}

async function startFake({ notice }: ServerStart): Promise<OIDCOptions> {
  const { issuer, clientId, clientSecret } = await startOIDCServer({ interactive: true, record: false })
  notice(
    `A fake OpenID Provider is running at ${issuer}: everybody can sign in as anybody. ` +
      'Set OIDC_ISSUER to use a real one.',
  )
  return { issuer, clientId, clientSecret }
}
