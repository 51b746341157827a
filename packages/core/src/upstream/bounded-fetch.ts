/** Calls to the identity provider: bounded in time and size, redirects never followed. @module */
import { platform } from '#platform'
import { UpstreamError } from '../errors.ts'

/** The part of `fetch` we use. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** The platform's own. It follows no redirect, whatever it is told. */
export const defaultFetch: Fetch = async (url, init) => await platform.fetch(url, { ...init, redirect: 'manual' })

/** An answer, read whole. */
export interface BoundedResponse {
  readonly ok: boolean
  readonly status: number
  readonly headers: Headers
  /** The body parsed as JSON or, where it says so, as a form; `undefined` when it is neither. */
  readonly body: unknown
}

/** No answer of an IdP that we read is longer, in bytes. */
const maxBodyBytes = 512 * 1024

/**
 * Fetches and reads the whole answer within the signal's time.
 * @throws {UpstreamError} `unavailable` when there is no answer in time, `protocol` for a redirect or an endless body
 */
export async function boundedFetch(
  fetch: Fetch,
  url: string,
  init: RequestInit,
  signal: AbortSignal,
): Promise<BoundedResponse> {
  let response: Response
  let text: string | undefined
  // A fetch that does not heed its signal must not keep anybody waiting either.
  const silence = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true })
  })
  silence.catch(() => {})
  try {
    response = await Promise.race([fetch(url, { ...init, redirect: 'manual', signal }), silence])
    text = await Promise.race([readText(response), silence])
  } catch (cause) {
    throw new UpstreamError('unavailable', { cause })
  }
  // A redirect answers nothing, and following one could carry our secret elsewhere. Opaque ones have status 0.
  if (text === undefined || response.status === 0 || (response.status >= 300 && response.status < 400)) {
    throw new UpstreamError('protocol', { status: response.status })
  }
  return {
    ok: response.ok,
    status: response.status,
    headers: response.headers,
    body: parseBody(response.headers, text),
  }
}

async function readText(response: Response): Promise<string | undefined> {
  if (!response.body) return ''
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.byteLength
    if (length > maxBodyBytes) {
      await reader.cancel()
      return undefined
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}

function parseBody(headers: Headers, text: string): unknown {
  if (/^application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? '')) {
    return Object.fromEntries(new URLSearchParams(text))
  }
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
