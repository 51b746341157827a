/** What an example server is given when it is built. @module */
import { randomBytes } from 'node:crypto'
import {
  type AuthEvent,
  type Environment,
  type EnvironmentRecord,
  type OAuthProxyOptions,
  type PreRegisteredClient,
  type RemoteOAuthOptions,
} from '@mcp-auth/core'
import type { AuditLog } from './audit-log.ts'
import type { OpenStore } from './open-store.ts'
import { watchStore } from './store-watch.ts'

/** Options of `createOAuthProxy`, all that the environment sets. */
type ServerOptions = Omit<OAuthProxyOptions, 'provider' | 'roles'>

/** Options of `createRemoteOAuth`, all that the environment sets. */
type RemoteServerOptions = Omit<RemoteOAuthOptions, 'provider' | 'roles'>

/** Everything a server needs to know before it can be put together. */
export interface ServerStart {
  /** What `MCP_AUTH_*` says, ready for `createOAuthProxy`. */
  readonly options: ServerOptions
  /** The same for `createRemoteOAuth`, which keeps nothing and signs nothing: no secret, no store, no clients. */
  readonly remoteOptions: RemoteServerOptions
  readonly environment: Environment
  /** All variables, for those of an identity provider. */
  readonly variables: EnvironmentRecord
  readonly store: OpenStore
  readonly audit: AuditLog
  /** Says something on standard error when the server is up. A start that fails says only why. */
  readonly notice: (sentence: string) => void
}

const loopbackHosts: readonly string[] = ['127.0.0.1', 'localhost', '::1']

/** Turns what was read into options. `port` is the one that is listened on. */
export function createServerStart(given: {
  readonly environment: Environment
  readonly variables: EnvironmentRecord
  readonly clients: readonly PreRegisteredClient[]
  readonly store: OpenStore
  readonly audit: AuditLog
  readonly port: number
  readonly notice: (sentence: string) => void
}): ServerStart {
  const { environment, clients, store, audit, port, notice } = given
  const watch = watchStore(store, (sentence) => console.error(sentence))
  const onEvent = (event: AuthEvent): void => {
    audit.listener(event)
    watch.listener(event)
    if (event.type === 'server.failed') console.error(`the ${event.endpoint} endpoint failed: ${event.error}`)
    if (event.type === 'configuration.warning') notice(event.message)
  }
  const remoteOptions = {
    baseUrl: environment.baseUrl ?? `http://127.0.0.1:${port}`,
    ...(environment.resource === undefined ? {} : { resource: environment.resource }),
    defaultScopes: environment.scopes,
    upstreamTimeoutSeconds: environment.upstreamTimeoutSeconds,
    allowedOrigins: environment.allowedOrigins,
    allowedHosts: loopbackHosts.includes(environment.host) ? ['127.0.0.1', 'localhost', '[::1]'] : [],
    onEvent,
  } satisfies RemoteServerOptions
  let secret = environment.secret
  let look: Promise<void> | undefined
  return {
    // Only who asks for these needs a store and a secret, and is to be warned when there is none.
    get options(): ServerOptions {
      look ??= watch.look()
      secret ??= randomSecret(notice)
      return {
        ...remoteOptions,
        secret,
        store,
        lifetimes: environment.lifetimes,
        clients,
        clientIdMetadata: {
          enabled: environment.clientIdMetadataDocuments,
          dangerouslyAllowedHosts: environment.clientIdMetadataDangerouslyAllow,
        },
      }
    },
    remoteOptions,
    environment,
    variables: given.variables,
    store,
    audit,
    notice,
  }
}

function randomSecret(notice: (sentence: string) => void): string {
  notice(
    'MCP_AUTH_SECRET is not set: a random one is used, and everybody has to sign in again after a restart. ' +
      'Make one with: openssl rand -hex 32',
  )
  return randomBytes(32).toString('hex')
}
