/** What the `DESCOPE_*` variables say, or a fake Descope in the place of the real one. @module */
import { ConfigurationError, nameVariable } from '@mcp-auth/core'
import { type DescopeOptions, descope } from '@mcp-auth/provider-descope'
import { startFakeDescope } from './fake-descope.ts'
import type { ServerStart } from './server-start.ts'

/** Options of `descope()` and the variables they come from. */
const providerVariables: Readonly<Record<string, string>> = {
  projectId: 'DESCOPE_PROJECT_ID',
  baseUrl: 'DESCOPE_BASE_URL',
  configUrl: 'DESCOPE_CONFIG_URL',
  audience: 'DESCOPE_AUDIENCE',
  scopes: 'MCP_AUTH_SCOPES',
}

/** The variables behind the option `provider` of `createRemoteOAuth`, which is a Descope project as a whole. */
export const descopeVariables: Readonly<Record<string, string>> = {
  provider: 'DESCOPE_PROJECT_ID, DESCOPE_BASE_URL or DESCOPE_CONFIG_URL',
}

/**
 * Reads the options of the provider. Without a project a fake Descope is started on loopback.
 * @throws {ConfigurationError} naming the variable
 */
export async function readDescopeSettings(start: ServerStart): Promise<DescopeOptions> {
  const { environment, variables, notice } = start
  if (environment.provider !== undefined && environment.provider !== 'descope') {
    throw new ConfigurationError('MCP_AUTH_PROVIDER', 'must be descope: this server knows no other provider')
  }
  const read = (name: string): string | undefined => variables[name]?.trim() || undefined
  const audience = read('DESCOPE_AUDIENCE')
  const { projectId, baseUrl, configUrl } = {
    projectId: read('DESCOPE_PROJECT_ID'),
    baseUrl: read('DESCOPE_BASE_URL'),
    configUrl: read('DESCOPE_CONFIG_URL'),
  }
  const isConfigured = projectId !== undefined || configUrl !== undefined
  const place = isConfigured ? { projectId, baseUrl, configUrl } : await startFake(start, baseUrl)
  if (audience !== undefined && /^(?:project|P[A-Za-z0-9]+)$/.test(audience)) {
    notice(
      'DESCOPE_AUDIENCE lets in tokens that users gave to other servers of the same Descope project. ' +
        'Leave it out when the tokens name this server.',
    )
  }
  const options = { ...place, audience, scopes: environment.scopes }
  checkOptions(options)
  return options
}

/** Here and not where they are used: the provider and the server both have an option called `baseUrl`. */
function checkOptions(options: DescopeOptions): void {
  try {
    descope(options)
  } catch (error) {
    throw error instanceof ConfigurationError ? nameVariable(error, providerVariables) : error
  }
}

async function startFake({ notice }: ServerStart, baseUrl: string | undefined): Promise<DescopeOptions> {
  const { fake } = await startFakeDescope()
  notice(
    `A fake Descope is running at ${fake.baseUrl}: everybody can sign in as anybody. ` +
      'Set DESCOPE_PROJECT_ID or DESCOPE_CONFIG_URL to use the real one.',
  )
  if (baseUrl !== undefined) notice('DESCOPE_BASE_URL has no effect together with the fake Descope.')
  return { projectId: fake.projectId, baseUrl: fake.baseUrl }
}
