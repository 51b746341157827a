/** A small browser: cookies, redirects and forms, with the fetch metadata a real one sends. @module */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { formsOf } from '../support/forms.ts'

/** One answer, nothing followed. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly location: string | undefined
  json(): Record<string, unknown>
}

/** What to send. Repeated header values are sent as repeated headers. */
export interface SendOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
  /** Address of this machine to send from. */
  readonly localAddress?: string
}

const addresses = new Map<string, string>()

/** From now on {@link send} reaches an origin at another address, as if a TLS proxy stood in front of that address. */
export function reachAt(origin: string, address: string): void {
  addresses.set(origin, address)
}

/** Sends one request over its own connection, exactly as given. */
export async function send(url: string, options: SendOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, localAddress } = options
  return await new Promise((resolve, reject) => {
    const target = new URL(url)
    const address = new URL(addresses.get(target.origin) ?? target)
    const outgoing = httpRequest(
      {
        host: address.hostname.replace(/^\[|\]$/g, ''),
        port: address.port,
        path: target.pathname + target.search,
        method,
        agent: false,
        ...(localAddress === undefined ? {} : { localAddress }),
        headers: {
          host: target.host,
          ...(body === undefined ? {} : { 'content-length': String(new TextEncoder().encode(body).byteLength) }),
          ...Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
          ),
        },
      },
      (incoming) => resolve(readAnswer(incoming)),
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  incoming.setEncoding('utf8')
  let text = ''
  for await (const chunk of incoming) text += String(chunk)
  const headers = new Headers()
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '')
  }
  return {
    status: incoming.statusCode ?? 0,
    headers,
    text,
    location: headers.get('location') ?? undefined,
    json: () => Object(JSON.parse(text)) as Record<string, unknown>,
  }
}

/** A person's browser. */
export interface Browser {
  /** Cookies by name, for every loopback host and port alike. */
  readonly cookies: Map<string, string>
  /** Loads a page as if its address had been typed (or, with `from`, as if that page led there). */
  load(url: string, options?: SendOptions & { readonly from?: string }): Promise<Answer>
  /** Posts the first form of a page, as the person who pressed a button. */
  submit(page: Answer & { readonly url: string }, extra: Record<string, string>): Promise<Answer>
}

/** Creates a browser without cookies. `transport` sends its requests. */
export function createBrowser(transport: typeof send = send): Browser {
  const cookies = new Map<string, string>()
  const load: Browser['load'] = async (url, options = {}) => {
    const site = options.from === undefined ? 'none' : fetchSite(options.from, url)
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await transport(url, {
      ...options,
      headers: {
        accept: 'text/html',
        'sec-fetch-site': site,
        'sec-fetch-mode': 'navigate',
        ...(cookie === '' ? {} : { cookie }),
        ...options.headers,
      },
    })
    for (const line of answer.headers.getSetCookie()) keep(cookies, line)
    return answer
  }
  return {
    cookies,
    load,
    async submit(page, extra) {
      const [form] = formsOf(page.text, page.url)
      if (!form) throw new Error(`no form on ${page.url}: ${page.status} ${page.text.slice(0, 200)}`)
      return await load(form.action, {
        method: 'POST',
        from: page.url,
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(page.url).origin },
        body: new URLSearchParams({ ...form.fields, ...extra }).toString(),
      })
    },
  }
}

function fetchSite(from: string, to: string): string {
  const a = new URL(from)
  const b = new URL(to)
  if (a.origin === b.origin) return 'same-origin'
  return a.hostname === b.hostname ? 'same-site' : 'cross-site'
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
  const at = pair.indexOf('=')
  const name = pair.slice(0, at)
  if (attributes.some((item) => /^max-age=0$/i.test(item))) cookies.delete(name)
  else cookies.set(name, pair.slice(at + 1))
}
