/** Watches a server for secrets: everything it answers, logs, reports and stores, and every secret it ever issued. */
import type { Server, ServerResponse } from 'node:http'
import { format } from 'node:util'
import type { Store } from '@mcp-auth/express'
import { vi } from 'vitest'
import type { ListeningServer } from './server.ts'
import { hookStore } from './stores.ts'

/** An answer as it left the server. */
export interface SentAnswer {
  readonly request: string
  readonly status: number
  readonly headers: string
  readonly body: string
}

/** Records every answer of a Node server. */
export function recordAnswers(server: Server): SentAnswer[] {
  const answers: SentAnswer[] = []
  server.prependListener('request', (request, response: ServerResponse) => {
    const chunks: Buffer[] = []
    const keep = (chunk: unknown): void => {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk))
    }
    const write = response.write.bind(response)
    const end = response.end.bind(response)
    Object.assign(response, {
      write: (...input: Parameters<typeof write>) => {
        keep(input[0])
        return write(...input)
      },
      end: (...input: Parameters<typeof end>) => {
        keep(input[0])
        return end(...input)
      },
    })
    response.once('finish', () => {
      answers.push({
        request: `${request.method} ${request.url?.split('?', 1)[0]}`,
        status: response.statusCode,
        headers: JSON.stringify(response.getHeaders()),
        body: Buffer.concat(chunks).toString('utf8'),
      })
    })
  })
  return answers
}

/** Records whatever is written to the console, to standard output and to standard error, until mocks are restored. */
export function recordOutput(): string[] {
  const output: string[] = []
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      output.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
      return true
    })
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const) {
    vi.spyOn(console, method).mockImplementation((...values: unknown[]) => {
      output.push(format(...values))
    })
  }
  return output
}

/** Records every key and value that is ever written, also those that are gone again. */
export function recordStore(dump: string[]): (store: Store) => Store {
  return (store) =>
    hookStore(store, {
      before: (_step, key, value) => {
        dump.push(key)
        if (value !== undefined) dump.push(value, Buffer.from(value, 'base64url').toString('latin1'))
      },
    })
}

/** Secrets by value, with their kind. */
export type Secrets = ReadonlyMap<string, string>

/** Shorter parts of a token are no secret: a type, a version. */
const shortestPart = 20

function addSecret(secrets: Map<string, string>, kind: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') return
  for (const part of [value, ...value.split('.').filter((text) => text.length >= shortestPart)]) secrets.set(part, kind)
}

/** Every secret the server and Discord have issued so far, and those both were configured with. */
export function secretsOf(server: ListeningServer, answers: readonly SentAnswer[], given: Secrets): Secrets {
  const secrets = new Map<string, string>()
  for (const [value, kind] of given) addSecret(secrets, kind, value)
  for (const value of server.discord.secrets) addSecret(secrets, 'Discord token or code', value)
  addSecret(secrets, 'Discord client secret', server.discord.clientSecret)
  for (const { form } of server.discord.requests) addSecret(secrets, 'verifier towards Discord', form['code_verifier'])
  for (const answer of answers) {
    for (const kind of ['access_token', 'refresh_token', 'client_secret']) {
      addSecret(secrets, kind, new RegExp(`"${kind}":"([^"]+)"`).exec(answer.body)?.[1])
    }
    addSecret(secrets, 'consent', /name="consent" value="([^"]+)"/.exec(answer.body)?.[1])
    for (const [, value] of answer.headers.matchAll(/mcpauth-[\w-]+=([^;"]+);/g)) addSecret(secrets, 'cookie', value)
    const { location } = JSON.parse(answer.headers) as { location?: string }
    const parameters = new URL(location ?? 'about:blank').searchParams
    addSecret(secrets, 'code', parameters.get('code'))
    if (location?.startsWith('https://discord.com/'))
      addSecret(secrets, 'state towards Discord', parameters.get('state'))
  }
  return secrets
}

/** The kinds of secrets that a text holds, in any of the usual encodings. */
export function leaksIn(text: string, secrets: Secrets): string[] {
  const found = new Set<string>()
  for (const [secret, kind] of secrets) {
    const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')]
    if (forms.some((form) => text.includes(form))) found.add(kind)
  }
  return [...found]
}
