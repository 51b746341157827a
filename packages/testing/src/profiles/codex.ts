/** Codex CLI, as recorded. @module */
import type { ClientProfile } from './profile.ts'

export const codex: ClientProfile = {
  client: 'Codex CLI',
  preset: 'codex',
  recorded: '2026-11',
  discovery: {
    resource: ['/.well-known/oauth-protected-resource/mcp'],
    server: ['/.well-known/oauth-authorization-server'],
    headers: {
      'mcp-protocol-version': '2025-06-18',
    },
  },
  registration: {
    kind: 'dynamic',
    metadata: {
      client_name: 'Codex',
      redirect_uris: ['http://127.0.0.1:37819/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
      application_type: 'native',
    },
  },
  authorize: {
    redirect_uri: 'http://127.0.0.1:37819/callback',
    scope: 'omitted',
    resource: 'omitted',
    extra: {},
  },
  token: {
    auth: 'client_secret_basic',
    resource: 'omitted',
  },
  refresh: {
    scope: 'omitted',
    resource: 'omitted',
    stale: true,
  },
  mcp: {
    headers: {
      accept: 'text/event-stream, application/json',
    },
  },
  facts: {
    discovery: {
      confidence: 'assumed',
      sources: [],
    },
    'registration.metadata.redirect_uris': {
      confidence: 'reported',
      sources: ['https://github.com/elmohq/elmo/pull/684'],
    },
    'registration.metadata.application_type': {
      confidence: 'reported',
      sources: ['https://github.com/elmohq/elmo/pull/684'],
    },
    'registration.metadata.token_endpoint_auth_method': {
      confidence: 'reported',
      sources: ['https://github.com/openai/codex/issues/40928'],
    },
    'registration.metadata': {
      confidence: 'assumed',
      sources: [],
    },
    'authorize.resource': {
      confidence: 'reported',
      sources: ['https://github.com/openai/codex/issues/24890', 'https://github.com/openai/codex/issues/13891'],
    },
    'authorize.redirect_uri': {
      confidence: 'reported',
      sources: ['https://github.com/openai/codex/issues/24890'],
    },
    authorize: {
      confidence: 'assumed',
      sources: [],
    },
    'token.auth': {
      confidence: 'reported',
      sources: ['https://github.com/openai/codex/issues/40928'],
    },
    'token.resource': {
      confidence: 'reported',
      sources: ['https://github.com/openai/codex/issues/20729'],
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
