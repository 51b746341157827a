/** opencode, as recorded. @module */
import type { ClientProfile } from './profile.ts'

export const opencode: ClientProfile = {
  client: 'opencode',
  preset: 'opencode',
  outsidePreset: true,
  recorded: '2026-11',
  discovery: {
    resource: ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'],
    server: ['/.well-known/oauth-authorization-server/mcp', '/.well-known/oauth-authorization-server'],
    headers: {},
  },
  registration: {
    kind: 'document',
    url: 'https://opencode.ai/oauth/opencode/client.json',
    requiresNone: true,
    metadata: {
      client_name: 'opencode',
      client_uri: 'https://opencode.ai',
      logo_uri: 'https://opencode.ai/web-app-manifest-512x512.png',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      token_endpoint_auth_methods_supported: ['none'],
    },
  },
  authorize: {
    redirect_uri: 'http://127.0.0.1:19876/callback',
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
    'discovery.resource': {
      confidence: 'reported',
      sources: ['https://github.com/anomalyco/opencode/issues/7306'],
    },
    registration: {
      confidence: 'reported',
      sources: ['https://github.com/anomalyco/opencode/pull/47737', 'https://github.com/anomalyco/opencode/pull/47743'],
    },
    'authorize.redirect_uri': {
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
    'discovery.server': {
      confidence: 'reported',
      sources: ['https://github.com/anomalyco/opencode/issues/7306'],
    },
    discovery: {
      confidence: 'assumed',
      sources: [],
    },
  },
}
