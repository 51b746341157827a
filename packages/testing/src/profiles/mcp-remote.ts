/** mcp-remote 0.15.1, as recorded. @module */
import type { ClientProfile } from './profile.ts'

export const mcpRemote: ClientProfile = {
  client: 'mcp-remote 0.15.1',
  preset: 'mcpRemote',
  recorded: '2026-11',
  discovery: {
    resource: ['/.well-known/oauth-protected-resource/mcp'],
    server: ['/.well-known/oauth-authorization-server'],
    headers: {
      'mcp-protocol-version': '2025-11-25',
    },
  },
  registration: {
    kind: 'dynamic',
    metadata: {
      redirect_uris: ['http://localhost:6335/oauth/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      client_name: 'MCP CLI Proxy',
      client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
      software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
      software_version: '0.15.1',
      scope: 'identify offline_access',
      application_type: 'native',
    },
  },
  authorize: {
    redirect_uri: 'http://localhost:6335/oauth/callback',
    scope: 'identify offline_access',
    resource: 'exact',
    extra: {
      prompt: 'consent',
    },
  },
  token: {
    auth: 'none',
    resource: 'exact',
  },
  refresh: {
    scope: 'same',
    resource: 'exact',
  },
  mcp: {
    headers: {
      accept: 'application/json, text/event-stream',
      'mcp-method': 'initialize',
    },
  },
  facts: {
    discovery: {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/mcp-remote/v/0.15.1'],
    },
    registration: {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/mcp-remote/v/0.15.1'],
    },
    authorize: {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/mcp-remote/v/0.15.1'],
    },
    token: {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/mcp-remote/v/0.15.1'],
    },
    refresh: {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/mcp-remote/v/0.15.1'],
    },
    mcp: {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/mcp-remote/v/0.15.1'],
    },
  },
}
