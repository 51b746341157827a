/** Client authentication at the token endpoint — RFC 6749 §2.3. @module */
import { OAuthError } from '../errors.ts'
import type { Parameters } from './form.ts'

/** What a client presented, before anything is compared. */
export interface ClientCredentials {
  readonly clientId: string
  /** Absent for public clients. Several readings of one header may be possible: any of them may match. */
  readonly secrets: readonly string[]
  /** A signed assertion, [RFC 7523 §2.2](https://www.rfc-editor.org/rfc/rfc7523#section-2.2), not yet verified. */
  readonly assertion?: string
  readonly method: 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'
}

/**
 * Finds the client's credentials in header and body: exactly one method.
 * `decodeBase64` gives the text of a Basic header, or `undefined` when it is not base64 of UTF-8.
 * @throws {OAuthError} `client_authentication_twice`, `client_authentication`, `parameter_missing`
 * @see [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)
 */
export function parseClientCredentials(
  authorization: string | null,
  parameters: Parameters,
  decodeBase64: (text: string) => string | undefined,
): ClientCredentials {
  const bodyId = parameters.get('client_id')
  const bodySecret = parameters.get('client_secret')
  const assertion = parameters.get('client_assertion')
  if (assertion !== undefined) {
    if (authorization !== null || bodySecret !== undefined) throw new OAuthError('client_authentication_twice')
    return readAssertion(assertion, bodyId, parameters.get('client_assertion_type'), decodeBase64)
  }
  if (authorization !== null) {
    if (bodySecret !== undefined) throw new OAuthError('client_authentication_twice')
    const credentials = parseBasic(authorization, decodeBase64)
    if (bodyId !== undefined && bodyId !== credentials.clientId) throw new OAuthError('client_authentication_twice')
    return credentials
  }
  if (bodyId === undefined) throw new OAuthError('parameter_missing')
  return bodySecret === undefined
    ? { clientId: bodyId, secrets: [], method: 'none' }
    : { clientId: bodyId, secrets: [bodySecret], method: 'client_secret_post' }
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Takes the client id an assertion claims, to know whose keys to verify it with. */
function readAssertion(
  assertion: string,
  bodyId: string | undefined,
  type: string | undefined,
  decodeBase64: (text: string) => string | undefined,
): ClientCredentials {
  if (type !== assertionType) throw new OAuthError('client_authentication')
  const claims = parseObject(decodeBase64(assertion.split('.')[1] ?? ''))
  const claimed = claims?.['sub']
  if (typeof claimed !== 'string' || (bodyId !== undefined && bodyId !== claimed))
    throw new OAuthError('client_authentication')
  return { clientId: claimed, secrets: [], assertion, method: 'private_key_jwt' }
}

function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function parseBasic(authorization: string, decodeBase64: (text: string) => string | undefined): ClientCredentials {
  const match = /^basic +([A-Za-z0-9+/_-]+=*) *$/i.exec(authorization)
  const text = match?.[1] === undefined ? undefined : decodeBase64(match[1])
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon < 1) throw new OAuthError('client_authentication')
  const rawId = text.slice(0, colon)
  const rawSecret = text.slice(colon + 1)
  // The RFC form-encodes both halves; many clients do not. Our ids have no character that differs, secrets may.
  const clientId = formDecode(rawId) ?? rawId
  const secrets = [...new Set([rawSecret, formDecode(rawSecret) ?? rawSecret])].filter((secret) => secret !== '')
  return { clientId, secrets, method: 'client_secret_basic' }
}

function formDecode(value: string): string | undefined {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** The Authorization header that shows our own credentials, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1). */
export function formatBasicCredentials(clientId: string, clientSecret: string): string {
  return `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}`
}

function formEncode(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1)
}
