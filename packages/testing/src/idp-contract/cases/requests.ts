/** What the proxy sends to the IdP. @module */
import { expect } from 'vitest'
import { endpointsOf, failedSignIn, failures, last, rewriteTokens } from '../checks.ts'
import { approve, calculateChallenge, comeBack, goToIdP, signIn } from '../client.ts'
import type { ContractCase } from '../contract-case.ts'
import type { Lab } from '../lab.ts'
import { answerOf } from '../transport.ts'

const ours = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
] as const

/** The callback, registered at the IdP. */
function callbackOf(lab: Lab): string {
  return `${lab.auth.metadata.authorizationServer.issuer}/auth/callback`
}

/** 128 bits in base64url. */
const unguessable = /^[\w-]{22,}$/

/** The cases. */
export const requestCases: readonly ContractCase[] = [
  {
    name: 'A101 sends its own client id, callback and S256 challenge, and only configured parameters',
    async check(lab) {
      const { authorizationURL } = await approve(lab)
      const { provider } = lab
      const parameters = authorizationURL.searchParams
      const allowed = [
        ...ours,
        ...(provider.usesNonce ? ['nonce'] : []),
        ...Object.keys(provider.authorizationParameters ?? {}),
      ]
      expect([...parameters.keys()].filter((name) => !allowed.includes(name))).toEqual([])
      expect(new Set(parameters.keys()).size, 'each parameter once').toBe([...parameters.keys()].length)
      expect(parameters.get('response_type')).toBe('code')
      expect(parameters.get('client_id')).toBe(lab.fake.clientId)
      expect(parameters.get('redirect_uri')).toBe(callbackOf(lab))
      expect(parameters.get('code_challenge_method')).toBe('S256')
      expect(parameters.get('code_challenge')).toMatch(/^[\w-]{43}$/)
      expect(parameters.has('nonce')).toBe(provider.usesNonce === true)
    },
  },

  {
    name: 'A101 makes state, challenge and nonce anew for each sign-in, of 128 bits at least',
    async check(lab) {
      const first = (await approve(lab)).authorizationURL.searchParams
      const second = (await approve(lab)).authorizationURL.searchParams
      for (const name of ['state', 'code_challenge', ...(lab.provider.usesNonce ? ['nonce'] : [])]) {
        expect([name, first.get(name)]).toEqual([name, expect.stringMatching(unguessable)])
        expect([name, first.get(name)]).not.toEqual([name, second.get(name)])
      }
      expect(first.get('nonce')).not.toBe(first.get('state'))
    },
  },

  {
    name: 'A101 asks for the scopes of the request and those of identity, in the words of the IdP',
    async check(lab) {
      const { provider } = lab
      const { authorizationURL } = await approve(lab)
      const wanted = [...new Set([...provider.identityScopes, ...provider.scopes])].filter((scope) =>
        [...provider.supportedScopes, ...provider.identityScopes].includes(scope),
      )
      const { additionalScopes = [] } = await endpointsOf(lab)
      const written = [...wanted.map((scope) => provider.toUpstreamScope?.(scope) ?? scope), ...additionalScopes]
      expect(authorizationURL.searchParams.get('scope')?.split(' ').sort()).toEqual(written.sort())
    },
  },

  {
    name: 'A101 A023 redeems the IdP’s code once, with the verifier of its challenge',
    async check(lab) {
      const back = await goToIdP(lab)
      await comeBack(lab, back)
      expect(lab.transport.to('token')).toHaveLength(1)
      const { form, headers, method } = last(lab, 'token')
      expect(method).toBe('POST')
      expect(form['code']).toBe(new URL(back.callbackURL).searchParams.get('code'))
      expect(form['redirect_uri']).toBe(callbackOf(lab))
      const challenge = back.authorizationURL.searchParams.get('code_challenge')
      expect(await calculateChallenge(form['code_verifier'] ?? '')).toBe(challenge)
      const isBasic = lab.provider.tokenEndpointAuthMethod === 'client_secret_basic'
      expect(headers['authorization']?.startsWith('Basic ') ?? false).toBe(isBasic)
      expect('client_secret' in form).toBe(lab.provider.tokenEndpointAuthMethod === 'client_secret_post')
    },
  },

  {
    name: 'keeps the client secret out of every URL',
    async check(lab, skip) {
      const { clientSecret } = lab.provider
      if (clientSecret === '') return skip('the application has no secret')
      const back = await goToIdP(lab)
      await comeBack(lab, back)
      const urls = [back.authorizationURL.href, ...lab.transport.exchanges.map(({ url }) => url)]
      expect(urls.filter((url) => decodeURIComponent(url).includes(clientSecret))).toEqual([])
    },
  },

  {
    name: 'refuses an id_token of another sign-in',
    async check(lab, skip) {
      if (!lab.provider.usesNonce) return skip('the provider binds no id_token to the sign-in')
      await signIn(lab)
      const { id_token } = answerOf(last(lab, 'token'))
      if (typeof id_token !== 'string') return skip('the IdP issued no id_token')
      rewriteTokens(lab, { id_token })
      await failedSignIn(lab)
      expect(failures(lab)).toEqual(['invalid_token'])
    },
  },

  {
    name: 'refuses an id_token whose signature is another’s',
    async check(lab, skip) {
      if (!lab.provider.usesNonce) return skip('the provider uses no id_token')
      lab.transport.intercept('token', async (_exchange, ask) => {
        const tokens = Object(await (await ask()).json()) as Record<string, unknown>
        const [header = '', payload = '', signature = ''] = String(tokens['id_token']).split('.')
        return Response.json({
          ...tokens,
          id_token: [header, payload, signature.replace(/./, (first) => (first === 'A' ? 'B' : 'A'))].join('.'),
        })
      })
      await failedSignIn(lab)
      expect(failures(lab)).toEqual(['invalid_token'])
    },
  },
]
