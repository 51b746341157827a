/** Bodies behind whatever parsers an application has. @module */
import { expect, it } from 'vitest'
import { type Answer, send } from '../browser.ts'
import { authorize, callMCP, encode, login, newClient, redirectURI, refresh, register } from '../client.ts'
import { type AdapterHost } from '../host.ts'
import { type AdapterServer, startHost } from '../server.ts'

async function post(server: AdapterServer, body: string, type = 'application/x-www-form-urlencoded'): Promise<Answer> {
  const { token_endpoint } = server.auth.metadata.authorizationServer
  return await send(token_endpoint, { method: 'POST', headers: { 'content-type': type }, body })
}

export function bodyContract(host: AdapterHost): void {
  it.each(host.parsers)('registers, logs in and refreshes behind %s', async (parser) => {
    const server = await startHost(host, { parser })
    const metadata = { client_name: 'Ünï "quoted" & <tagged>', contacts: ['a@example.com', 'b@example.com'] }
    const registered = await register(server, metadata)
    expect(registered.status).toBe(201)
    expect(registered.json()).toMatchObject({ client_name: metadata.client_name, redirect_uris: [redirectURI] })
    const tokens = await login(server)
    expect((await callMCP(server, tokens.access_token, { body: '{"id":1}' })).status).toBe(200)
    expect((await refresh(server, tokens.client, tokens.refresh_token)).status).toBe(200)
  })

  it.each(host.parsers)('A046 refuses a code written as a nested or a repeated parameter behind %s', async (parser) => {
    const server = await startHost(host, { parser })
    const { code, verifier, client } = await authorize(server)
    const rest = encode({
      grant_type: 'authorization_code',
      client_id: client.client_id,
      redirect_uri: redirectURI,
      code_verifier: verifier,
    })
    const nested = await post(server, `${rest}&code[x]=${code}`)
    const repeated = await post(server, `${rest}&code=${code}&code=${code}`)
    const different = await post(server, `${rest}&code=${code}&code=other`)
    for (const answer of [nested, repeated, different]) {
      expect([answer.status, answer.json()['error']]).toEqual([400, 'invalid_request'])
    }
    // None of them used the code up.
    expect((await post(server, `${rest}&code=${code}`)).status).toBe(200)
  })

  it.each(host.parsers)('reads forms byte for byte behind %s', async (parser) => {
    const server = await startHost(host, { parser })
    const client = await newClient(server, { token_endpoint_auth_method: 'client_secret_post' })
    const tokens = await login(server, { client })
    const form = encode({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
      client_id: client.client_id,
      client_secret: client.client_secret,
      // Nobody knows these; they must not disturb.
      'a b&c=d': '% +&=é\u{1F600}',
      __proto__x: '1',
      'constructor.prototype': '2',
    })
    expect((await post(server, form)).status).toBe(200)
  })

  it.each([
    ['no body', '', 'application/x-www-form-urlencoded'],
    ['JSON', '{"grant_type":"refresh_token"}', 'application/json'],
    ['plain text', 'grant_type=refresh_token', 'text/plain'],
    ['an unreadable type', 'grant_type=refresh_token', '; ='],
    ['a type nobody has heard of', 'grant_type=refresh_token', 'application/x-nothing'],
    [
      'multipart',
      '--b\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nx\r\n--b--\r\n',
      'multipart/form-data; boundary=b',
    ],
  ])('A046 refuses %s at the token endpoint in the words of OAuth', async (_case, body, type) => {
    const server = await startHost(host)
    const answer = await post(server, body, type)
    expect([answer.status, answer.json()['error']]).toEqual([400, 'invalid_request'])
  })

  it('A085 refuses a registration that is not JSON in the words of OAuth', async () => {
    const server = await startHost(host)
    const url = String(server.auth.metadata.authorizationServer.registration_endpoint)
    const broken = await send(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":' })
    expect([broken.status, broken.json()['error']]).toEqual([400, 'invalid_client_metadata'])
    const text = await send(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' })
    expect(text.status).toBe(400)
  })

  it('takes a form with a charset and in upper case', async () => {
    const server = await startHost(host)
    const { client, refresh_token } = await login(server)
    const form = encode({ grant_type: 'refresh_token', refresh_token, client_id: client.client_id })
    expect((await post(server, form, 'Application/X-WWW-Form-Urlencoded; charset=UTF-8')).status).toBe(200)
  })
}
