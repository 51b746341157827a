/** MCP Inspector 1.0.3, direct connection, as recorded. @module */
import type { ClientProfile } from './profile.ts'

export const inspector: ClientProfile = {
  client: 'MCP Inspector 1.0.3, direct connection',
  preset: 'inspector',
  recorded: '2026-11',
  discovery: {
    resource: ['/.well-known/oauth-protected-resource/mcp'],
    server: ['/.well-known/oauth-authorization-server'],
    headers: {
      origin: 'http://localhost:6274',
      'mcp-protocol-version': '2025-11-25',
    },
  },
  registration: {
    kind: 'dynamic',
    metadata: {
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: ['http://localhost:6274/oauth/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  authorize: {
    redirect_uri: 'http://localhost:6274/oauth/callback',
    scope: 'identify',
    resource: 'exact',
    extra: {},
  },
  token: {
    auth: 'none',
    resource: 'exact',
  },
  refresh: {
    scope: 'omitted',
    resource: 'exact',
  },
  mcp: {
    headers: {
      origin: 'http://localhost:6274',
      accept: 'text/event-stream, application/json',
    },
    preflight: [
      'authorization',
      'content-type',
      'last-event-id',
      'mcp-method',
      'mcp-name',
      'mcp-protocol-version',
      'mcp-session-id',
    ],
  },
  facts: {
    discovery: {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/@modelcontextprotocol/inspector/v/1.0.3'],
    },
    registration: {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/@modelcontextprotocol/inspector/v/1.0.3'],
    },
    token: {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/@modelcontextprotocol/inspector/v/1.0.3'],
    },
    refresh: {
      confidence: 'assumed',
      sources: [],
    },
    authorize: {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/@modelcontextprotocol/inspector/v/1.0.3'],
    },
    'mcp.headers': {
      confidence: 'observed',
      sources: ['https://www.npmjs.com/package/@modelcontextprotocol/inspector/v/1.0.3'],
    },
    'mcp.preflight': {
      confidence: 'reported',
      sources: ['https://github.com/modelcontextprotocol/inspector/issues/2296'],
    },
  },
}
