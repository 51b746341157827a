/** What must not cross the proxy: the IdP's secrets and words to the client, the client's secrets to the IdP. @module */
import { networkMarker } from './faults.ts'
import type { Lab, LabAnswer } from './lab.ts'
import { answerOf, type Exchange } from './transport.ts'

/** Marker of the fakes of this project, in every error answer. */
const fakeMarker = 'upstream-detail-that-must-not-leak'

/** Shorter texts may be anywhere by chance. */
const shortestSecret = 8

/** Names of what an answer of the proxy holds that belongs between proxy and IdP alone. */
export function leaksToClient(lab: Lab): string[] {
  const seen = lab.answers.map(visible).join('\n')
  return [...secretsOf(lab)].filter(([text]) => contains(seen, text)).map(([text, kind]) => `${kind}: ${text}`)
}

/** Names of what a request to the IdP holds that belongs between client and proxy alone. */
export function leaksToIdP(lab: Lab): string[] {
  const seen = lab.transport.exchanges.map(({ url, headers, body }) => `${url}\n${JSON.stringify(headers)}\n${body}`)
  return [...lab.clientSecrets].filter((text) => text.length >= shortestSecret && contains(seen.join('\n'), text))
}

function contains(text: string, secret: string): boolean {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)].some((form) => text.includes(form))
}

function secretsOf(lab: Lab): Map<string, string> {
  const secrets = new Map<string, string>()
  const add = (kind: string, text: unknown): void => {
    if (typeof text === 'string' && text.length >= shortestSecret) secrets.set(text, kind)
  }
  for (const text of [networkMarker, fakeMarker, ...(lab.leakMarkers ?? [])]) add('text of an error answer', text)
  for (const text of lab.fake.secrets ?? []) add('secret of the IdP', text)
  add('client secret', lab.fake.clientSecret)
  add('client secret', lab.provider.clientSecret)
  for (const exchange of lab.transport.exchanges) addExchange(exchange, add)
  return secrets
}

function addExchange(exchange: Exchange, add: (kind: string, text: unknown) => void): void {
  add('code of the IdP', exchange.form['code'])
  add('verifier towards the IdP', exchange.form['code_verifier'])
  add('refresh token of the IdP', exchange.form['refresh_token'])
  const answer = answerOf(exchange)
  for (const kind of ['access_token', 'refresh_token', 'id_token'] as const) add(`${kind} of the IdP`, answer[kind])
  add('error text of the IdP', answer['error_description'])
  add('error text of the IdP', answer['message'])
}

/** Everything of an answer that a client can read, what is inside its tokens included. */
function visible({ headers, text }: LabAnswer): string {
  const lines = [...headers].map((line) => line.join(': '))
  const tokens = text.match(/eyJ[\w-]+\.[\w-]+/g) ?? []
  return [...lines, text, ...tokens.flatMap((token) => token.split('.').map(decode))].join('\n')
}

function decode(part: string): string {
  try {
    return atob(part.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return ''
  }
}
