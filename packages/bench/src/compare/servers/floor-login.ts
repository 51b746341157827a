/** The login of a floor, from the registration of a client to its code. @module */
import type { IncomingMessage } from 'node:http'
import { consentPage, readBody, redirect, sendHTML, sendJSON } from '../http.ts'
import { origin, resource } from '../server.ts'
import { type Endpoint, type FloorState, random, refuse, type Transaction } from './floor-state.ts'

/** Its endpoints, by path. */
export function loginEndpoints({
  upstream,
  clients,
  transactions,
  codes,
}: FloorState): Readonly<Record<string, Endpoint>> {
  return {
    async '/register'(request, response) {
      const metadata = JSON.parse(await readBody(request)) as { readonly redirect_uris: readonly string[] }
      const clientId = random()
      clients.set(clientId, metadata.redirect_uris)
      sendJSON(response, 201, { ...metadata, client_id: clientId })
    },
    '/authorize'(_request, response, query) {
      const clientId = query.get('client_id') ?? ''
      const redirectURI = query.get('redirect_uri') ?? ''
      const isKnown = clients.get(clientId)?.includes(redirectURI) === true && query.get('resource') === resource
      if (!isKnown || query.get('code_challenge_method') !== 'S256') return refuse(response)
      const [id, cookie] = [random(), random()]
      const challenge = query.get('code_challenge') ?? ''
      transactions.set(id, { clientId, redirectURI, state: query.get('state') ?? '', challenge, cookie })
      const headers = { 'set-cookie': `__Host-flow=${cookie}; Path=/; Secure; HttpOnly; SameSite=Lax` }
      return sendHTML(response, consentPage('/consent', clientId, { transaction: id }), headers)
    },
    async '/consent'(request, response) {
      const form = new URLSearchParams(await readBody(request))
      const id = form.get('transaction') ?? ''
      const transaction = transactions.get(id)
      const isApproved = form.get('decision') === 'approve' && request.headers.origin === origin
      if (!transaction || !isApproved || !hasCookie(request, transaction)) return refuse(response)
      const { url, verifier } = upstream.depart(id)
      transaction.verifier = verifier
      return redirect(response, url)
    },
    async '/callback'(request, response, query) {
      const id = query.get('state') ?? ''
      const transaction = transactions.get(id)
      if (transaction?.verifier === undefined || !hasCookie(request, transaction)) return refuse(response)
      transactions.delete(id)
      transaction.user = await upstream.arrive(query.get('code') ?? '', transaction.verifier)
      const code = random()
      codes.set(code, transaction)
      const answer = new URLSearchParams({ code, state: transaction.state, iss: origin })
      return redirect(response, `${transaction.redirectURI}?${answer}`)
    },
  }
}

function hasCookie(request: IncomingMessage, { cookie }: Transaction): boolean {
  return request.headers.cookie?.split('; ').includes(`__Host-flow=${cookie}`) === true
}
