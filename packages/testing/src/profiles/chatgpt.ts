/** ChatGPT connectors, as recorded. @module */
import type { ClientProfile } from './profile.ts'

export const chatgpt: ClientProfile = {
  client: 'ChatGPT connectors',
  preset: 'chatgpt',
  recorded: '2026-11',
  discovery: {
    resource: ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'],
    server: ['/.well-known/oauth-authorization-server'],
    headers: {},
  },
  registration: {
    kind: 'document',
    url: 'https://chatgpt.com/oauth/kDmjx77UnKOM/client.json',
    jwksPath: '/oauth/jwks.json',
    metadata: {
      client_uri: 'https://chatgpt.com/',
      redirect_uris: ['https://chatgpt.com/connector/oauth/kDmjx77UnKOM'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      client_name: 'ChatGPT',
      token_endpoint_auth_signing_alg: 'RS256',
    },
  },
  authorize: {
    redirect_uri: 'https://chatgpt.com/connector/oauth/kDmjx77UnKOM',
    scope: 'identify offline_access',
    resource: 'origin',
    extra: {},
  },
  token: {
    auth: 'private_key_jwt',
    resource: 'origin',
    audience: 'token_endpoint',
  },
  refresh: {
    scope: 'omitted',
    resource: 'origin',
  },
  mcp: {
    headers: {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-06-18',
    },
  },
  facts: {
    'discovery.resource': {
      confidence: 'reported',
      sources: [
        'https://github.com/adcontextprotocol/adcp/pull/1081',
        'https://github.com/desktop-commander/remote-desktop-commander/issues/1',
      ],
    },
    registration: {
      confidence: 'reported',
      sources: [
        'https://github.com/Altinity/altinity-mcp/issues/118',
        'https://github.com/django-oauth/django-oauth-toolkit/issues/1845',
      ],
    },
    'authorize.redirect_uri': {
      confidence: 'documented',
      sources: ['https://developers.openai.com/apps-sdk/build/auth'],
    },
    'authorize.resource': {
      confidence: 'reported',
      sources: ['https://github.com/supabase/auth/issues/2628'],
    },
    'authorize.scope': {
      confidence: 'assumed',
      sources: [],
    },
    'token.auth': {
      confidence: 'reported',
      sources: [
        'https://github.com/Altinity/altinity-mcp/issues/118',
        'https://github.com/engram-app/Engram/issues/1633',
      ],
    },
    'token.resource': {
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
    'token.audience': {
      confidence: 'reported',
      sources: ['https://github.com/Artexis10/exomem/pull/380'],
    },
    'discovery.server': {
      confidence: 'reported',
      sources: [
        'https://github.com/adcontextprotocol/adcp/pull/1081',
        'https://github.com/desktop-commander/remote-desktop-commander/issues/1',
      ],
    },
    discovery: {
      confidence: 'assumed',
      sources: [],
    },
    authorize: {
      confidence: 'assumed',
      sources: [],
    },
  },
}
