/** Cursor, as recorded. @module */
import type { ClientProfile } from './profile.ts'

export const cursor: ClientProfile = {
  client: 'Cursor',
  preset: 'cursor',
  recorded: '2026-11',
  discovery: {
    resource: ['/.well-known/oauth-protected-resource/mcp'],
    server: ['/.well-known/oauth-authorization-server'],
    headers: {},
  },
  registration: {
    kind: 'dynamic',
    metadata: {
      client_name: 'Cursor',
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  authorize: {
    redirect_uri: 'cursor://anysphere.cursor-mcp/oauth/callback',
    scope: 'omitted',
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
      accept: 'application/json, text/event-stream',
    },
  },
  facts: {
    discovery: {
      confidence: 'assumed',
      sources: [],
    },
    'registration.metadata.redirect_uris': {
      confidence: 'reported',
      sources: [
        'https://github.com/erp-mafia/accounted/pull/2225',
        'https://github.com/soflyy/agent-connector-for-wp/issues/111',
      ],
    },
    'registration.metadata.token_endpoint_auth_method': {
      confidence: 'reported',
      sources: ['https://github.com/different-ai/openwork/pull/3059'],
    },
    'registration.metadata': {
      confidence: 'assumed',
      sources: [],
    },
    authorize: {
      confidence: 'assumed',
      sources: [],
    },
    token: {
      confidence: 'assumed',
      sources: [],
    },
    refresh: {
      confidence: 'assumed',
      sources: [],
    },
    mcp: {
      confidence: 'assumed',
      sources: [],
    },
    registration: {
      confidence: 'assumed',
      sources: [],
    },
  },
}
