/** What a network and the machines in front of an identity provider (IdP) do to answers. @module */
import type { Interception } from './transport.ts'

/** Inside every answer made here: must never be seen by a client. */
export const networkMarker = 'network-detail-that-must-not-leak'

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Interception => {
  return () => Response.json(body, { status, headers })
}
const html = (status: number): Interception => {
  const page = `<!doctype html><title>${networkMarker}</title><p>Attention required!</p>`
  return () => new Response(page, { status, headers: { 'content-type': 'text/html; charset=utf-8' } })
}
const asJSON = (text: string): Interception => {
  return () => new Response(text, { headers: { 'content-type': 'application/json' } })
}

/** Holds a request until it is given up. */
const silence: Interception = async (_exchange, _ask, { signal, end }) =>
  await new Promise((_resolve, reject) => {
    end()
    const giveUp = (): void => reject(new DOMException('given up', 'AbortError'))
    if (signal?.aborted) return giveUp()
    signal?.addEventListener('abort', giveUp, { once: true })
  })

const endless: Interception = (_exchange, _ask, { signal, end }) => {
  end()
  const body = new ReadableStream({
    start: (controller) => {
      signal?.addEventListener('abort', () => controller.error(new DOMException('given up', 'AbortError')))
    },
  })
  return new Response(body, { headers: { 'content-type': 'application/json', 'x-endless': 'yes' } })
}

const redirect: Interception = () =>
  new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/' } })

const brokenConnection: Interception = () => {
  throw new TypeError(`fetch failed ${networkMarker}`)
}

/** A fault that says nothing about any grant. */
export interface Outage {
  /** How sentences call it. */
  readonly name: string
  readonly fault: Interception
}

/** Leaves the IdP to itself, which hangs, until the proxy gives the request up. */
export const leaveHanging: Interception = async (_exchange, ask, { end }) => {
  end()
  return await ask()
}

/** Faults that say nothing about any grant. */
export const outages: readonly Outage[] = [
  { name: 'a rate limit', fault: json(429, { message: networkMarker }, { 'retry-after': '3' }) },
  { name: 'a rate limit without a body', fault: () => new Response(null, { status: 429 }) },
  { name: 'status 500', fault: json(500, { error: 'server_error', error_description: networkMarker }) },
  { name: 'status 503', fault: json(503, { error: 'temporarily_unavailable', error_description: networkMarker }) },
  { name: 'a page with status 403', fault: html(403) },
  { name: 'a page with status 502', fault: html(502) },
  { name: 'a page with status 200', fault: html(200) },
  { name: 'half a JSON document', fault: asJSON(`{"access_token":"${networkMarker}`) },
  { name: 'nothing', fault: asJSON('') },
  { name: 'JSON that is no answer', fault: asJSON(JSON.stringify({ hello: networkMarker })) },
  { name: 'a redirect', fault: redirect },
  { name: 'a broken connection', fault: brokenConnection },
  { name: 'silence', fault: silence },
  { name: 'a body that never ends', fault: endless },
]
