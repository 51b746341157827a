/** Gemini CLI, as recorded. @module */
import type { ClientProfile } from './profile.ts'

export const geminiCli: ClientProfile = {
  client: 'Gemini CLI',
  preset: 'gemini',
  recorded: '2026-11',
  discovery: {
    resource: ['/.well-known/oauth-protected-resource/mcp'],
    server: ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'],
    headers: {},
    strictResource: true,
  },
  registration: {
    kind: 'dynamic',
    metadata: {
      client_name: 'Gemini CLI MCP Client',
      redirect_uris: ['http://localhost:7777/oauth/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  authorize: {
    redirect_uri: 'http://localhost:7777/oauth/callback',
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
      accept: 'application/json, text/event-stream',
    },
  },
  facts: {
    'discovery.strictResource': {
      confidence: 'reported',
      sources: [
        'https://github.com/google-gemini/gemini-cli/issues/20017',
        'https://github.com/amekala/ads-mcp/issues/11',
        'https://github.com/google-gemini/gemini-cli/issues/25508',
      ],
    },
    discovery: {
      confidence: 'assumed',
      sources: [],
    },
    'registration.metadata.redirect_uris': {
      confidence: 'reported',
      sources: ['https://github.com/google-gemini/gemini-cli/pull/7465'],
    },
    'registration.metadata': {
      confidence: 'assumed',
      sources: [],
    },
    'authorize.redirect_uri': {
      confidence: 'reported',
      sources: [
        'https://github.com/google-gemini/gemini-cli/pull/7465',
        'https://github.com/google-gemini/gemini-cli/issues/14419',
      ],
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
