/** Providers that are right but for one thing: whom they take somebody for, and how they judge answers. */
import { type Identity, type UpstreamApi, UpstreamError, type UpstreamTokens } from '@mcp-auth/core'
import type { CreateIdP } from '@mcp-auth/testing/idp-contract'
import { classifyError, plain, plainProfile } from './providers.ts'

/** What is wrong, a fixture with it, and the case that finds it out. */
export type Broken = readonly [fault: string, create: CreateIdP, caughtBy: RegExp]

/** What the plain IdP says of a user. */
async function askMe(tokens: UpstreamTokens, api: UpstreamApi): Promise<Record<string, unknown>> {
  return Object(await api.getJSON('https://idp.example/me', tokens.accessToken))
}

/** Identifies without any check, as `name` says. */
const by = (name: (me: Record<string, unknown>, tokens: UpstreamTokens) => Partial<Identity>): CreateIdP =>
  plain(() => ({
    async identify(tokens, api) {
      const me = await askMe(tokens, api)
      return { subject: String(me['id']), claims: {}, ...name(me, tokens) }
    },
  }))

let signIns = 0

/** Wrong about who somebody is. */
export const identities: readonly Broken[] = [
  ['does not ask for which application a token is', by(() => ({})), /^A015/],
  ['names users by their login', by(({ login }) => ({ subject: String(login) })), /changes every name/],
  [
    'names users by what it shows as their name',
    by(({ login }) => ({ subject: `${String(login)}`, username: String(login) })),
    /what can change hands/,
  ],
  ['names users by address', by(({ login }) => ({ subject: `${String(login)}@example.com` })), /what can change hands/],
  ['names users anew each time', by(() => ({ subject: `user-${(signIns += 1)}` })), /second sign-in/],
  ['takes everybody for one', by(() => ({ subject: 'user' })), /another user another subject/],
  ['takes any JSON for a user', by(() => ({})), /signs nobody in while .* JSON that is no answer/],
  ['keeps tokens among the claims', by((_me, { accessToken }) => ({ claims: { accessToken } })), /^A016/],
  ['keeps what no store can', by(() => ({ claims: { since: new Date(0) } })), /^A016/],
  [
    'takes every trouble for a token that is not good',
    plain(
      () => ({
        async identify(tokens, api) {
          const me = await askMe(tokens, api).catch((cause: unknown) => {
            throw new UpstreamError('invalid_token', { cause })
          })
          return { subject: String(me['id']), claims: {} }
        },
      }),
      { profile: { ...plainProfile, issuesRefreshToken: () => false } },
    ),
    /^C11 refreshes on what is known .* status 503/,
  ],
]

/** Wrong about what an answer means. */
export const judgements: readonly Broken[] = [
  [
    'takes a 503 for the end of a grant',
    plain(() => ({ classifyError: () => ({ kind: 'invalid_grant' }) })),
    /^A097 D9 takes rate limits/,
  ],
  [
    'ends grants when a refresh meets a 503',
    plain(() => ({ classifyError: () => ({ kind: 'invalid_grant' }) })),
    /^A097 D9 keeps .* status 503/,
  ],
  [
    'ends grants when a firewall shows a page',
    plain(() => ({
      classifyError: (answer) => (answer.status === 403 ? { kind: 'invalid_grant' } : classifyError(answer)),
    })),
    /^A097 D9 keeps .* its own html/,
  ],
  [
    'ends grants when our own credentials are refused',
    plain(() => ({
      classifyError: (answer) => (answer.status === 401 ? { kind: 'invalid_grant' } : classifyError(answer)),
    })),
    /^A097 D9 keeps .* its own 401/,
  ],
  [
    'never ends a grant',
    plain(() => ({ classifyError: () => ({ kind: 'unavailable' }) })),
    /^A096 ends the grant when the IdP does not know/,
  ],
  [
    'keeps a wrong client secret from the operator',
    plain(() => ({
      classifyError: (answer) => (answer.status === 401 ? { kind: 'protocol' } : classifyError(answer)),
    })),
    /^A112 tells the operator/,
  ],
  [
    'trips over a body without an error',
    plain(() => ({
      classifyError: ({ body }) => ({
        kind: Reflect.get(Object(body), 'error').includes('x') ? 'protocol' : 'protocol',
      }),
    })),
    /never throws/,
  ],
  [
    'looks error codes up in a bare object',
    plain(() => ({
      classifyError: ({ body }) => ({ kind: Reflect.get({}, Reflect.get(Object(body), 'error')) ?? 'protocol' }),
    })),
    /never throws/,
  ],
  [
    'passes on any delay',
    plain(() => ({
      classifyError: ({ headers }) => ({ kind: 'unavailable', retryAfterSeconds: Number(headers.get('retry-after')) }),
    })),
    /delays in seconds/,
  ],
]
