/** What a floor keeps, and how it issues and reads tokens. @module */
import { hash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJSON } from '../http.ts'
import { createTokens, type Tokens } from '../jwt.ts'
import { type IdPAddress, origin, scope, tokenSeconds } from '../server.ts'
import { callByFetch, createAgentCall, createUpstream, type Upstream, type UpstreamUser } from '../upstream.ts'

/** What distinguishes one floor from another. */
export interface FloorOptions {
  /** Remembers tokens it has verified, and calls the identity provider (IdP) with the global `fetch`. */
  readonly isUsual?: boolean
}

/** An authorization request that waits: for consent, for the IdP, for its code to be redeemed. */
export interface Transaction {
  readonly clientId: string
  readonly redirectURI: string
  readonly state: string
  readonly challenge: string
  readonly cookie: string
  verifier?: string
  user?: UpstreamUser
}

/** Somebody who is signed in. */
export interface Grant {
  readonly clientId: string
  readonly user: UpstreamUser
  refreshToken: string
}

/** All of it. */
export interface FloorState {
  readonly upstream: Upstream
  readonly clients: Map<string, readonly string[]>
  readonly transactions: Map<string, Transaction>
  readonly codes: Map<string, Transaction>
  readonly grants: Map<string, Grant>
  readonly sign: Tokens['sign']
  readonly read: Tokens['read']
}

/** A handler of one endpoint. */
export type Endpoint = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => unknown

/** Tokens remembered at most. */
const maxRemembered = 10_000

/** Begins with nothing. */
export function createFloorState(idp: IdPAddress, { isUsual = false }: FloorOptions): FloorState {
  const { sign, read } = createTokens({ issuer: origin })
  return {
    upstream: createUpstream(idp, isUsual ? callByFetch : createAgentCall()),
    clients: new Map(),
    transactions: new Map(),
    codes: new Map(),
    grants: new Map(),
    sign,
    read: isUsual ? remembering(read) : read,
  }
}

function remembering(read: Tokens['read']): Tokens['read'] {
  const remembered = new Map<string, NonNullable<ReturnType<Tokens['read']>>>()
  return (token) => {
    const digest = hash('sha256', token, 'base64')
    const known = remembered.get(digest)
    if (known && known.exp > Date.now() / 1000) return known
    const claims = read(token)
    if (claims && remembered.size < maxRemembered) remembered.set(digest, claims)
    return claims
  }
}

/** Answers with tokens of a grant; its former refresh token is good no more. */
export function issue(state: FloorState, response: ServerResponse, sid: string, grant: Grant): void {
  grant.refreshToken = `${sid}.${random()}`
  const tokens = {
    access_token: state.sign(grant.user.subject, grant.clientId, sid),
    token_type: 'Bearer',
    expires_in: tokenSeconds,
    refresh_token: grant.refreshToken,
    scope,
  }
  sendJSON(response, 200, tokens, { 'cache-control': 'no-store' })
}

/** 192 random bits. */
export function random(): string {
  return randomBytes(24).toString('base64url')
}

/** The one answer to everything that is wrong. */
export function refuse(response: ServerResponse): void {
  sendJSON(response, 400, { error: 'invalid_request' })
}
