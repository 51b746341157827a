/** The identity provider (IdP) of the comparison: on loopback, the same for all servers, in the process of the load. @module */
import { Buffer } from 'node:buffer'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { readBody, sendJSON } from './http.ts'
import { createTokens } from './jwt.ts'
import { type IdPAddress, listen, origin, scope } from './server.ts'

/** The IdP, seen from the user and from whoever measures. */
export interface LoopbackIdP {
  readonly address: IdPAddress
  /** Requests that servers sent. */
  readonly calls: () => number
  /** A user whom it has not seen before signs in. Returns where the browser is sent. */
  readonly signIn: (authorizationURL: string) => string
  readonly stop: () => Promise<void>
}

/** Life of the IdP's access tokens, in seconds: a server need not refresh them when its own end. */
const idpTokenSeconds = 86_400

/** What a code was issued for. */
interface Pending {
  readonly subject: string
  readonly clientId: string
  readonly redirectURI: string
  readonly challenge: string | null
}

/** Starts one. */
export async function startIdP(): Promise<LoopbackIdP> {
  const clientId = 'bench'
  const clientSecret = randomBytes(24).toString('base64url')
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const codes = new Map<string, Pending>()
  const clients = new Set([clientId])
  let users = 0
  let calls = 0

  const redeem = (form: URLSearchParams, client: string): string | undefined => {
    const code = form.get('code') ?? ''
    const pending = codes.get(code)
    codes.delete(code)
    if (pending?.clientId !== client || pending.redirectURI !== form.get('redirect_uri')) return undefined
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    return pending.challenge === null || pending.challenge === challenge ? pending.subject : undefined
  }
  const grant = (request: IncomingMessage, form: URLSearchParams): object | undefined => {
    const client = authenticate(request, form)
    if (client === undefined) return undefined
    const isRefresh = form.get('grant_type') === 'refresh_token'
    const subject = isRefresh ? form.get('refresh_token')?.split('.')[0] : redeem(form, client)
    if (subject === undefined) return undefined
    const refreshToken = `${subject}.${randomBytes(32).toString('base64url')}`
    const accessToken = tokens.sign(subject, client)
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: idpTokenSeconds,
      refresh_token: refreshToken,
      scope,
    }
  }
  /** The client: ours with its secret, or one that registered here and has none. */
  const authenticate = (request: IncomingMessage, form: URLSearchParams): string | undefined => {
    const basic = Buffer.from(request.headers.authorization?.slice('Basic '.length) ?? '', 'base64')
    const [id = '', secret] = basic.length > 0 ? basic.toString().split(':') : []
    const client = basic.length > 0 ? decodeURIComponent(id) : (form.get('client_id') ?? '')
    if (client !== clientId) return clients.has(client) ? client : undefined
    return (secret ?? form.get('client_secret')) === clientSecret ? client : undefined
  }

  const server = await listen(async (request, response) => {
    calls += 1
    if (request.url === '/me') {
      const subject = tokens.read(request.headers.authorization?.slice('Bearer '.length) ?? '')?.sub
      return sendJSON(response, subject === undefined ? 401 : 200, { id: subject, name: subject })
    }
    const body = await readBody(request)
    if (request.url === '/register') {
      const client = randomBytes(16).toString('base64url')
      clients.add(client)
      return sendJSON(response, 201, { ...parseObject(body), client_id: client, client_id_issued_at: 1 })
    }
    const answer = request.url === '/token' ? grant(request, new URLSearchParams(body)) : undefined
    return sendJSON(response, answer ? 200 : 400, answer ?? { error: 'invalid_grant' })
  })
  const address: IdPAddress = {
    origin: `http://127.0.0.1:${server.port}`,
    clientId,
    clientSecret,
    publicKey: publicKey.export({ format: 'jwk' }),
  }
  const tokens = createTokens({ issuer: address.origin, seconds: idpTokenSeconds, keys: { publicKey, privateKey } })

  return {
    address,
    calls: () => calls,
    stop: server.stop,
    signIn(authorizationURL) {
      const query = new URL(authorizationURL).searchParams
      const client = query.get('client_id') ?? ''
      const redirectURI = query.get('redirect_uri') ?? ''
      const isOurs = client === clientId && redirectURI.startsWith(`${origin}/`)
      if (query.get('response_type') !== 'code' || !clients.has(client) || (client === clientId) !== isOurs) {
        throw new Error(`the IdP was asked something else: ${authorizationURL}`)
      }
      const code = randomBytes(16).toString('base64url')
      const subject = `user-${users}`
      users += 1
      codes.set(code, { subject, clientId: client, redirectURI, challenge: query.get('code_challenge') })
      const target = new URL(redirectURI)
      target.searchParams.set('code', code)
      target.searchParams.set('state', query.get('state') ?? '')
      return target.href
    },
  }
}

function parseObject(text: string): object {
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null ? value : {}
}
