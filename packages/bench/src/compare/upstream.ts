/** The identity provider (IdP) as servers call it whose library leaves that to their author. @module */
import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import { type IdPAddress, origin, scope } from './server.ts'

/** A user at the IdP. */
export interface UpstreamUser {
  readonly subject: string
  readonly accessToken: string
  readonly refreshToken: string
}

/** A sign-in at the IdP that was begun. */
interface Departure {
  readonly url: string
  /** What the code will be redeemed with (PKCE). */
  readonly verifier: string
}

/** Calls the IdP. */
export interface Upstream {
  depart(state: string): Departure
  /** Redeems a code and asks who the user is. */
  arrive(code: string, verifier: string): Promise<UpstreamUser>
}

/** Sends a request; resolves to the body of an answer with status 200. */
export type Call = (url: string, headers: Record<string, string>, body?: string) => Promise<string>

const redirectURI = `${origin}/callback`

/** Creates one that calls with `call`. */
export function createUpstream(idp: IdPAddress, call: Call): Upstream {
  const authorization = `Basic ${Buffer.from(`${idp.clientId}:${idp.clientSecret}`).toString('base64')}`
  const formHeaders = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  return {
    depart(state) {
      const verifier = randomBytes(32).toString('base64url')
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: idp.clientId,
        redirect_uri: redirectURI,
        scope,
        state,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      })
      return { url: `${idp.origin}/authorize?${query}`, verifier }
    },
    async arrive(code, verifier) {
      const form = { grant_type: 'authorization_code', code, redirect_uri: redirectURI, code_verifier: verifier }
      const body = new URLSearchParams(form).toString()
      const tokens = JSON.parse(await call(`${idp.origin}/token`, formHeaders, body)) as Record<string, string>
      const accessToken = tokens['access_token'] ?? ''
      const bearer = { authorization: `Bearer ${accessToken}` }
      const { id = '' } = JSON.parse(await call(`${idp.origin}/me`, bearer)) as Record<string, string>
      return { subject: id, accessToken, refreshToken: tokens['refresh_token'] ?? '' }
    },
  }
}

/** Calls with the global `fetch`. */
export const callByFetch: Call = async (url, headers, body) => {
  const answer = await fetch(url, body === undefined ? { headers } : { method: 'POST', headers, body })
  if (answer.status !== 200) throw new Error(`the IdP answered ${answer.status}`)
  return await answer.text()
}

/** Calls through an agent of `node:http` that keeps connections. */
export function createAgentCall(): Call {
  const agent = new Agent({ keepAlive: true })
  return async (url, headers, body) =>
    await new Promise((resolve, reject) => {
      const request = httpRequest(url, { method: body === undefined ? 'GET' : 'POST', agent, headers }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (part) => (text += String(part)))
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(text)
          else reject(new Error(`the IdP answered ${answer.statusCode}`))
        })
      })
      request.on('error', reject)
      request.end(body)
    })
}
