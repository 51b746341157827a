/** The little of HTTP that hand-written servers need. @module */
import { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** The whole body, as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  request.setEncoding('utf8')
  for await (const part of request) body += String(part)
  return body
}

/** Answers with JSON. */
export function sendJSON(
  response: ServerResponse,
  status: number,
  value: object,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}

/** Answers with a page. */
export function sendHTML(response: ServerResponse, html: string, headers: Record<string, string> = {}): void {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
    ...headers,
  })
  response.end(html)
}

/** Sends the browser elsewhere. */
export function redirect(response: ServerResponse, location: string, headers: Record<string, string> = {}): void {
  response.writeHead(303, { location, ...headers }).end()
}

/** Sends the browser elsewhere, from a web handler. */
export function redirection(location: string, headers: Headers = new Headers()): Response {
  headers.set('location', location)
  return new Response(null, { status: 303, headers })
}

/** A consent page as an author writes one who has no library for it. */
export function consentPage(action: string, client: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
  return `<!doctype html><meta charset="utf-8"><title>Allow access?</title><h1>Allow ${escapeHTML(client)} to read your profile?</h1>
<form method="post" action="${action}">${inputs.join('')}<button name="decision" value="approve">Allow</button></form>`
}

function escapeHTML(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
