import express, { type RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import { mcpAuth } from '../src/index.ts'
import { startApp, type TestApp } from './support/app.ts'
import { type Authorization, authorize, login, postForm, register } from './support/login.ts'

const parsers: readonly (readonly [string, readonly RequestHandler[]])[] = [
  ['none', []],
  ['express.json', [express.json()]],
  ['express.urlencoded, extended', [express.json(), express.urlencoded({ extended: true })]],
  ['express.urlencoded, plain', [express.json(), express.urlencoded({ extended: false })]],
  ['express.text for everything', [express.text({ type: '*/*' })]],
  ['express.raw for everything', [express.raw({ type: '*/*' })]],
]

const appWith = async (before: readonly RequestHandler[], after: readonly RequestHandler[] = []): Promise<TestApp> =>
  await startApp((app, auth) => {
    for (const parser of before) app.use(parser)
    app.use(mcpAuth(auth))
    for (const parser of after) app.use(parser)
    app.post('/own', (request, response) => {
      response.json({ body: request.body })
    })
  })

async function outcome(answer: Response): Promise<string> {
  const body = (await answer.json()) as { error?: string }
  return `${answer.status} ${body.error ?? 'ok'}`
}

/** A token request in parts, of which each case leaves out, repeats or disguises one. */
function tokenForm({ client_id, client_secret, code, code_verifier }: Authorization) {
  return {
    grant: 'grant_type=authorization_code',
    client: `client_id=${encodeURIComponent(client_id)}&client_secret=${encodeURIComponent(client_secret)}`,
    code: `code=${encodeURIComponent(code)}`,
    verifier: `code_verifier=${code_verifier}`,
  }
}
type Form = ReturnType<typeof tokenForm>

const disguises: readonly (readonly [string, (form: Form) => string, string])[] = [
  ['as it should be', (f) => [f.grant, f.client, f.code, f.verifier].join('&'), '200 ok'],
  ['with an unknown object', (f) => [f.grant, f.client, f.code, f.verifier, 'x[y][z]=1'].join('&'), '200 ok'],
  [
    'with an object that names the code',
    (f) => [f.grant, f.client, f.code, f.verifier, 'a[code]=b'].join('&'),
    '200 ok',
  ],
  [
    'with names of every object',
    (f) => [f.grant, f.client, f.code, f.verifier, '__proto__[x]=1&constructor=1&toString=1'].join('&'),
    '200 ok',
  ],
  [
    'with the code as a member',
    (f) => [f.grant, f.client, f.code.replace('code=', 'code[x]='), f.verifier].join('&'),
    '400 invalid_request',
  ],
  [
    'with the code as a list of one',
    (f) => [f.grant, f.client, f.code.replace('code=', 'code[]='), f.verifier].join('&'),
    '400 invalid_request',
  ],
  [
    'with the code as the first of a list',
    (f) => [f.grant, f.client, f.code.replace('code=', 'code[0]='), f.verifier].join('&'),
    '400 invalid_request',
  ],
  [
    'with the code as an escaped list',
    (f) => [f.grant, f.client, f.code.replace('code=', 'code%5B%5D='), f.verifier].join('&'),
    '400 invalid_request',
  ],
  [
    'with the grant type as a list',
    (f) => ['grant_type[]=authorization_code', f.client, f.code, f.verifier].join('&'),
    '400 invalid_request',
  ],
  [
    'with the client as a list',
    (f) => [f.grant, f.client.replace('client_id=', 'client_id[]='), f.code, f.verifier].join('&'),
    '400 invalid_request',
  ],
  ['with the code twice', (f) => [f.grant, f.client, f.code, f.code, f.verifier].join('&'), '400 invalid_request'],
  [
    'with an empty code first',
    (f) => [f.grant, f.client, 'code=', f.code, f.verifier].join('&'),
    '400 invalid_request',
  ],
  [
    'with the code forty times',
    (f) => [f.grant, f.client, ...Array.from({ length: 40 }, () => f.code), f.verifier].join('&'),
    '400 invalid_request',
  ],
  [
    'with the grant type twice',
    (f) => [f.grant, f.grant, f.client, f.code, f.verifier].join('&'),
    '400 invalid_request',
  ],
  [
    'with the client id twice',
    (f) => [f.grant, f.client, f.client, f.code, f.verifier].join('&'),
    '400 invalid_request',
  ],
  [
    'with a resource of another server',
    (f) => [f.grant, f.client, f.code, f.verifier, 'resource=https://a.example/'].join('&'),
    '400 invalid_target',
  ],
  [
    'with thirty resources of another server',
    (f) =>
      [f.grant, f.client, f.code, f.verifier, ...Array.from({ length: 30 }, () => 'resource=https://a.example/')].join(
        '&',
      ),
    '400 invalid_target',
  ],
  ['with semicolons', (f) => [f.grant, f.client, f.code, f.verifier].join(';'), '400 invalid_request'],
  ['with nothing in it', () => '', '400 invalid_request'],
]

describe.each(parsers)('behind a parser that was mounted before: %s', (_name, before) => {
  it('signs in', async () => {
    expect((await login(await appWith(before))).split('.')).toHaveLength(3)
  })

  it.each(disguises)('judges a token request %s no other way than without a parser', async (_case, form, expected) => {
    const app = await appWith(before)
    const body = form(tokenForm(await authorize(app)))
    expect(await outcome(await postForm(`${app.origin}/token`, body))).toBe(expected)
    expect(app.errors).toEqual([])
  })

  it('refuses a token request in JSON, and a registration as a form', async () => {
    const app = await appWith(before)
    const form = Object.fromEntries(new URLSearchParams(Object.values(tokenForm(await authorize(app))).join('&')))
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(form) }
    expect(await outcome(await fetch(`${app.origin}/token`, json))).toBe('400 invalid_request')
    const registration = await postForm(`${app.origin}/register`, { redirect_uris: 'http://127.0.0.1/callback' })
    expect(await outcome(registration)).toBe('400 invalid_request')
  })
})

it.each(parsers.slice(1))('leaves the bodies of other paths as the parser made them: %s', async (_name, before) => {
  const app = await appWith(before)
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' }
  expect(await (await fetch(`${app.origin}/own`, init)).text()).toMatch(/"?a\\?":1|123,34,97/)
})

it('signs in with parsers mounted after it, which still get the bodies of other paths', async () => {
  const app = await appWith([], [express.json(), express.urlencoded({ extended: true })])
  expect((await login(app)).split('.')).toHaveLength(3)
  const own = await postForm(`${app.origin}/own`, 'a[b]=1')
  expect(await own.json()).toEqual({ body: { a: { b: '1' } } })
})

it('answers 400 to a body that somebody else has read and not kept, and does not wait for it', async () => {
  const app = await appWith([
    (request, _response, next) => {
      request.resume().once('end', () => next())
    },
  ])
  expect(await outcome(await postForm(`${app.origin}/token`, 'grant_type=refresh_token'))).toBe('400 invalid_request')
  expect(app.errors).toEqual([])
})

it('accepts Basic credentials behind a parser, and refuses them together with a secret in the body', async () => {
  const app = await appWith([express.urlencoded({ extended: true })])
  const { client_id, client_secret } = await register(app)
  const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
  const form = { grant_type: 'refresh_token', refresh_token: 'x' }
  expect(await outcome(await postForm(`${app.origin}/token`, form, { authorization }))).toBe('400 invalid_grant')
  const twice = await postForm(`${app.origin}/token`, { ...form, client_secret }, { authorization })
  expect(await outcome(twice)).toBe('400 invalid_request')
})
