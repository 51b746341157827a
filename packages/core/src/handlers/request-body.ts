/** Reading request bodies: bounded, and of the one media type an endpoint takes. @module */
import { OAuthError } from '../errors.ts'
import { type Parameters, parseParameters } from '../protocol/form.ts'

/** Bytes of the largest body we read. */
const maxBodyBytes = 64 * 1024

/**
 * Reads a form.
 * @throws {OAuthError} `media_type`, `body_too_large`, `parameter_repeated`, `malformed_request`
 */
export async function readForm(request: Request): Promise<Parameters> {
  const text = await readBody(request, 'application/x-www-form-urlencoded')
  return parseParameters(new URLSearchParams(text))
}

/**
 * Reads a JSON document.
 * @throws {OAuthError} `media_type`, `body_too_large`, `client_metadata_invalid`
 */
export async function readJSON(request: Request): Promise<unknown> {
  const text = await readBody(request, 'application/json')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new OAuthError('client_metadata_invalid', { cause })
  }
}

async function readBody(request: Request, mediaType: string): Promise<string> {
  const sent = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (sent !== mediaType) throw new OAuthError('media_type')
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw new OAuthError('body_too_large')
  if (!request.body) return ''
  const reader = request.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for (let part = await readPart(reader); !part.done; part = await readPart(reader)) {
    length += part.value.byteLength
    if (length > maxBodyBytes) {
      await reader.cancel()
      throw new OAuthError('body_too_large')
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}

/** A body that breaks off is the client's doing. */
async function readPart(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
  try {
    return await reader.read()
  } catch (cause) {
    throw new OAuthError('malformed_request', { cause })
  }
}
