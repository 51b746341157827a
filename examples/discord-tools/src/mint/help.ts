/** What `mint --help` says. @module */
import { defaultLifetime, maxLifetime } from '../tokens/mint-token.ts'

/** The text; `scopes` with what they mean. */
export function formatHelp(scopes: Readonly<Record<string, string>>): string {
  const width = Math.max(0, ...Object.keys(scopes).map((scope) => scope.length))
  const lines = Object.entries(scopes).map(([scope, meaning]) => `  ${scope.padEnd(width)}  ${meaning}`)
  return `Mints access tokens for this server. A token is a signed reference: the bot token stays in the vault, encrypted.

  mint --subject <name> --scopes "<scope> …" [--ttl <seconds>] [--label <note>]
       [--token-file <path> | --token-env <variable>] [--offline]
    prints the access token, and nothing else, on standard output
  mint list [--json]
  mint revoke <reference> …
  mint revoke --subject <name> | --all-of-token <fingerprint> | --token-file <path> | --token-env <variable>
  mint keys
    prints the public keys (JWKS)
  mint keys rotate [--algorithm EdDSA|RS256]
  mint keys import --key-file <path>

The bot token is read at a prompt that shows nothing, from a file (- is standard input) or from an environment
variable. It never stands on the command line. Discord is asked whether it is good, unless --offline says not to.

  --ttl     lifetime in seconds; default ${defaultLifetime}, at most ${maxLifetime} (30 days)
  --label   a note for mint list; callers never see it

Scopes:
${lines.join('\n')}

Environment, the same as the server's:
  MCP_AUTH_SECRET       seals the vault; the first of several seals, all of them open
  MCP_AUTH_BASE_URL     public URL of the server; default http://127.0.0.1:$PORT
  MCP_AUTH_RESOURCE     public URL of the MCP endpoint; default $MCP_AUTH_BASE_URL/mcp
  DISCORD_TOOLS_VAULT   folder of the vault; default .vault
  DISCORD_API_URL       default https://discord.com/api/v10`
}
