/** `oidc-provider`, a certified OpenID Provider, on a port of this machine, with its own pages. */
import { exportJWK, generateKeyPair } from 'jose'
import { type ClientMetadata, type Configuration, errors, Provider } from 'oidc-provider'
import { listen } from '../support/listen.ts'

/** The provider. */
export interface OIDCServer {
  readonly issuer: string
  /** Method and path of every request, in order. */
  readonly requests: readonly string[]
  /** Seconds that access tokens for resources live, from now on. */
  accessTokenSeconds: number
  /** Answers nothing but 503 while it is set. */
  isDown: boolean
  /** Ends every grant there is, as an administrator would. */
  endGrants(): Promise<void>
  close(): Promise<void>
}

/** Settings of {@link startOIDCServer}. */
export interface OIDCServerOptions {
  /** Ready clients. Without one, clients register themselves. */
  readonly clients?: readonly ClientMetadata[]
  /** Resources it knows: their access tokens are JWTs for them, with these scopes. */
  readonly resources?: readonly string[]
}

/** What whoever signs in is called; there are no passwords. */
export const person = { login: 'nelly', password: 'anything' }

/** Starts the provider. */
export async function startOIDCServer({ clients = [], resources = [] }: OIDCServerOptions = {}): Promise<OIDCServer> {
  const listening = await listen()
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const grants = new Set<string>()
  const controls = { accessTokenSeconds: 600, isDown: false }
  const configuration: Configuration = {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'first' }] },
    cookies: { keys: ['a key of this test alone'] },
    clients: [...clients],
    scopes: ['openid', 'offline_access', 'read', 'write'],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, name: `Name of ${sub}`, email: `${sub}@example.com`, email_verified: true }),
    }),
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: resources.length > 0,
        defaultResource: () => resources[0] ?? [],
        useGrantedResource: () => true,
        getResourceServerInfo(_context, resource) {
          if (!resources.includes(resource)) throw new errors.InvalidTarget()
          const jwt = { sign: { alg: 'RS256' as const } }
          const accessTokenTTL = controls.accessTokenSeconds
          return { scope: 'read write', audience: resource, accessTokenFormat: 'jwt', accessTokenTTL, jwt }
        },
      },
    },
    rotateRefreshToken: true,
  }
  const provider = new Provider(listening.origin, configuration)
  provider.on('grant.success', ({ oidc }) => void grants.add(String(oidc.entities.Grant?.jti)))
  const requests: string[] = []
  const answer = provider.callback()
  listening.answerWith((request, response) => {
    requests.push(`${request.method} ${(request.url ?? '').split('?', 1)[0]}`)
    if (controls.isDown) response.writeHead(503).end('down for maintenance')
    else void answer(request, response)
  })
  return Object.assign(controls, {
    issuer: listening.origin,
    requests,
    close: async () => await listening.close(),
    async endGrants() {
      for (const id of grants) {
        await provider.RefreshToken.revokeByGrantId(id)
        await (await provider.Grant.find(id))?.destroy()
      }
    },
  })
}
