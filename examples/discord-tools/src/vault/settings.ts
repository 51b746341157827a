/** Where the vault is and what tokens are for, from the environment: the same for the server and for `mint`. @module */
import { ConfigurationError, type Environment, type EnvironmentRecord, parseRootSecrets } from '@mcp-auth/core'

/** What the environment says about minted tokens. */
export interface VaultSettings {
  /** Path of the vault. */
  readonly folder: string
  readonly secrets: readonly Uint8Array[]
  /** `iss` of minted tokens. */
  readonly issuer: string
  /** `aud` of minted tokens: public URL of the MCP endpoint. */
  readonly resource: string
}

/** The folder of the vault unless `DISCORD_TOOLS_VAULT` names another one; in the working folder. */
const defaultVaultFolder = '.vault'

/**
 * Reads the settings.
 * @param port the port that is listened on, where that is known; default: what `PORT` says
 * @throws {ConfigurationError} naming the variable
 */
export function readVaultSettings(
  environment: Pick<Environment, 'baseUrl' | 'resource' | 'secret' | 'port'>,
  variables: EnvironmentRecord,
  port: number = environment.port,
): VaultSettings {
  if (environment.secret === undefined) {
    throw new ConfigurationError(
      'MCP_AUTH_SECRET',
      'is required: it seals the bot tokens, and must be the one that the server has; make one with: openssl rand -hex 32',
    )
  }
  if (environment.baseUrl === undefined && port === 0) {
    throw new ConfigurationError(
      'MCP_AUTH_BASE_URL',
      'is required where PORT is 0: tokens name the server they are for',
    )
  }
  const base = (environment.baseUrl ?? `http://127.0.0.1:${port}`).replace(/\/$/, '')
  const resource = environment.resource ?? `${base}/mcp`
  assertPublic('MCP_AUTH_BASE_URL', base)
  assertPublic('MCP_AUTH_RESOURCE', resource)
  return {
    folder: variables['DISCORD_TOOLS_VAULT']?.trim() || defaultVaultFolder,
    secrets: parseRootSecrets(environment.secret, 'MCP_AUTH_SECRET'),
    issuer: mintedTokenIssuer(base),
    resource,
  }
}

/** The issuer of minted tokens: never the one of the OAuth proxy, whose tokens are another matter. */
export function mintedTokenIssuer(baseUrl: string): string {
  return `${baseUrl.replace(/\/$/, '')}/bot-tokens`
}

/** Whether a URL may be called with a secret: https, or http on this machine. */
export function isSecure(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
}

function assertPublic(variable: string, url: string): void {
  if (isSecure(url) && !/[?#]/.test(url)) return
  throw new ConfigurationError(
    variable,
    'must be an absolute URL without query and fragment, https, or http on a loopback host',
  )
}
