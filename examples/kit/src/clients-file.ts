/** The file with clients that the operator registered by hand. @module */
import { readFileSync } from 'node:fs'
import { ConfigurationError, type PreRegisteredClient } from '@mcp-auth/core'
import * as z from 'zod/mini'

const variable = 'MCP_AUTH_CLIENTS'

const text = z.string().check(z.minLength(1))

/** Members of [RFC 7591 §2](https://www.rfc-editor.org/rfc/rfc7591#section-2) that we use; others may stand there. */
const clients = z.array(
  z.object({
    client_id: text,
    client_secret: z.optional(text),
    redirect_uris: z.array(text).check(z.minLength(1)),
    token_endpoint_auth_method: z.optional(text),
    grant_types: z.optional(z.array(text)),
    client_name: z.optional(text),
    client_uri: z.optional(text),
  }),
)

/**
 * Reads the clients. What a client may be is core's to judge; this is about the form of the file.
 * @throws {ConfigurationError} naming the variable; secrets in the file are never repeated
 */
export function readClientsFile(path: string | undefined): readonly PreRegisteredClient[] {
  if (path === undefined) return []
  const parsed = clients.safeParse(parseJSON(readText(path)))
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.map((part) =>
      typeof part === 'number' ? `[${part}]` : `.${String(part)}`,
    )
    throw new ConfigurationError(
      variable,
      `the file must be a JSON list of clients, each with client_id and redirect_uris; look at: list${place?.join('') ?? ''}`,
    )
  }
  const ids = parsed.data.map((client) => client.client_id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) {
    throw new ConfigurationError(variable, `the file has the client_id ${JSON.stringify(twice)} twice`)
  }
  return parsed.data
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw new ConfigurationError(
      variable,
      `the file cannot be read (${code}); name a JSON file with a list of clients`,
      {
        cause,
      },
    )
  }
}

function parseJSON(file: string): unknown {
  try {
    return JSON.parse(file)
  } catch {
    // The parser's own words quote the file, which holds secrets.
    throw new ConfigurationError(variable, 'the file is not JSON; it must be a list of clients: [{"client_id": …}]')
  }
}
