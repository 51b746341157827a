/** Ids of sessions that every process with the same secret knows again, and nobody can make up. @module */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/server'

/** What ids are made with. */
export interface SessionIdOptions {
  /**
   * Root secrets with commas between them, of which the first one signs. Without one a random key is used: then no
   * other process knows the ids.
   */
  readonly secret?: string | undefined
  /** What the sessions are sessions of: an id counts at one server, and not at another one with the same secret. */
  readonly resource: string
  /** Life of an id in seconds. */
  readonly lifeSeconds: number
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** What an id says. */
export interface SessionId {
  /** The protocol version that the client asked for when the session began. */
  readonly protocolVersion: string
}

/** Ids of sessions. An owner is a user together with a client. */
export interface SessionIds {
  /** Makes an id for a session that begins now. */
  create(owner: string, protocolVersion: string): string
  /** Reads an id; `undefined` when it was made up, is somebody else's, or is too old. */
  read(id: string, owner: string): SessionId | undefined
}

/** In characters. Ours are shorter; what is longer is not looked at. */
const maxLength = 200
const randomLength = 16

/**
 * Creates the ids. Each is `<random>.<end, seconds since the epoch>.<protocol version>.<code>`, and the code (HMAC-SHA-256,
 * [RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)) is over all of it, the owner and the resource: whose it is cannot
 * be read from it.
 */
export function createSessionIds({ secret, resource, lifeSeconds, now }: SessionIdOptions): SessionIds {
  const [first, ...others] = deriveKeys(secret)
  const code = (key: Buffer, owner: string, parts: readonly string[]): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([resource, owner, ...parts]))
      .digest()
  return {
    create(owner, protocolVersion) {
      // Whoever asks for something that is no version gets the latest one, and so it is when the session is taken up.
      const version = /^\d{4}-\d\d-\d\d$/.test(protocolVersion) ? protocolVersion : LATEST_PROTOCOL_VERSION
      const end = Math.floor(now() + lifeSeconds)
      const parts = [randomBytes(randomLength).toString('base64url'), String(end), version]
      return [...parts, code(first, owner, parts).toString('base64url')].join('.')
    },
    read(id, owner) {
      if (id.length > maxLength) return undefined
      const [random = '', end = '', version = '', shown = '', ...rest] = id.split('.')
      const given = Buffer.from(shown, 'base64url')
      // Another way to write the same bytes would be another id of the same session.
      if (rest.length > 0 || given.toString('base64url') !== shown) return undefined
      const made = [first, ...others].map((key) => code(key, owner, [random, end, version]))
      if (!made.some((one) => one.length === given.length && timingSafeEqual(one, given))) return undefined
      return Number(end) > now() ? { protocolVersion: version } : undefined
    },
  }
}

/** A key for this purpose alone — [RFC 5869](https://www.rfc-editor.org/rfc/rfc5869). */
function deriveKeys(secret: string | undefined): readonly [Buffer, ...Buffer[]] {
  const derive = (root: string | Buffer): Buffer =>
    Buffer.from(hkdfSync('sha256', root, '', 'mcp-auth example MCP session ids', 32))
  const [first, ...others] = (secret ?? '').split(',').map((one) => one.trim())
  if (first === undefined || first === '') return [derive(randomBytes(32))]
  return [derive(first), ...others.map(derive)]
}
