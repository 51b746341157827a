import { type AuthSession, OAuthError } from '@mcp-auth/core'
import { expect, it } from 'vitest'
import { createCallLimit } from '../../src/service/call-limit.ts'
import { createGuildList } from '../../src/service/list-guilds.ts'
import { toErrorObject, toFailure } from '../../src/service/service-error.ts'

const apiUrl = 'https://discord.com/api/v10'
const headers = { 'user-agent': 'DiscordBot (https://mcp.example.com, 1)' }
const guilds = (): Response => Response.json([{ id: '1', name: 'Discord Testers', owner: false, icon: 'x' }])
const refusal = (status: number, body: object = {}): Response =>
  Response.json({ message: 'SENTINEL', ...body }, { status })

/** A session of which the tool needs only the token of its user at Discord. */
function createSession(tokens: readonly (string | Error)[] = ['first', 'second']): AuthSession {
  let asked = 0
  const getUpstreamAccessToken = async (): Promise<string> => {
    const token = tokens[asked++]
    if (token === undefined || token instanceof Error) throw token ?? new Error('no token is left')
    return await Promise.resolve(token)
  }
  return {
    subject: 'nelly',
    clientId: 'c',
    extra: {},
    scopes: ['guilds'],
    getUpstreamAccessToken,
  } as unknown as AuthSession
}

/** Calls the tool against a Discord of one function. */
async function call(
  answer: (authorization: string) => Response,
  session = createSession(),
  callsPerMinute = 60,
): Promise<{ readonly value: unknown; readonly isError: boolean; readonly sent: readonly string[] }> {
  const sent: string[] = []
  const fetch = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    const authorization = new Headers(init?.headers).get('authorization') ?? ''
    sent.push(authorization)
    return await Promise.resolve(answer(authorization))
  }
  const limit = createCallLimit(callsPerMinute, () => 1000)
  if (callsPerMinute === 1) limit.spend(session)
  const ran = createGuildList({ apiUrl, headers, limit, fetch }).run(session, new AbortController().signal)
  const [value, isError] = await ran.then(
    (found): [unknown, boolean] => [found, false],
    (error: unknown): [unknown, boolean] => [{ error: toErrorObject(toFailure(error)) }, true],
  )
  const text = JSON.stringify(value)
  expect(text).not.toContain('SENTINEL')
  return { value: JSON.parse(text), isError, sent }
}

it('lists the servers of the user, with their own token', async () => {
  const { value, isError, sent } = await call(guilds)
  expect([value, isError, sent]).toEqual([
    [{ id: '1', name: 'Discord Testers', owner: false }],
    false,
    ['Bearer first'],
  ])
})

it('asks once more with a fresh token when Discord refuses the one it has', async () => {
  const { isError, sent } = await call((authorization) => (authorization.endsWith('first') ? refusal(401) : guilds()))
  expect([isError, sent]).toEqual([false, ['Bearer first', 'Bearer second']])
})

const broken = (): Response => {
  throw new TypeError('fetch failed: SENTINEL')
}
const ended = createSession([new OAuthError('grant_revoked')])
const away = createSession([new OAuthError('upstream_unavailable')])

it.each<[string, () => Response, object, AuthSession | undefined]>([
  ['a sign-in that has ended at Discord', () => refusal(401), { code: 'sign_in_ended' }, undefined],
  ['one that has ended here', guilds, { code: 'sign_in_ended' }, ended],
  ['a provider that is away', guilds, { code: 'temporarily_unavailable', retry_after: expect.any(Number) }, away],
  ['a refusal', () => refusal(403), { code: 'refused' }, undefined],
  ['a limit', () => refusal(429, { retry_after: 2.5 }), { code: 'rate_limited', retry_after: 3 }, undefined],
  ['an outage', () => refusal(503), { code: 'unavailable', retry_after: 5 }, undefined],
  ['a broken connection', broken, { code: 'unreachable', retry_after: 5 }, undefined],
  ['an answer in another form', () => Response.json({ hello: 'world' }), { code: 'unreadable' }, undefined],
  ['no JSON', () => new Response('<html>'), { code: 'unreadable' }, undefined],
])('tells of %s by the object that all tools fail with', async (_, answer, error, session) => {
  const { value, isError } = await call(answer, session)
  expect([isError, value]).toEqual([true, { error: { message: expect.stringMatching(/^[A-Z]/), ...error } }])
})

it('is under the limit of calls, and asks Discord nothing beyond it', async () => {
  const { value, isError, sent } = await call(guilds, createSession(), 1)
  expect([isError, value, sent]).toMatchObject([true, { error: { code: 'too_many_calls' } }, []])
})
