/** Claude Code, as recorded. @module */
import type { ClientProfile } from './profile.ts'

export const claudeCode: ClientProfile = {
  client: 'Claude Code',
  preset: 'claudeCode',
  recorded: '2026-11',
  discovery: {
    resource: ['/.well-known/oauth-protected-resource/mcp'],
    server: ['/.well-known/oauth-authorization-server'],
    headers: {
      'mcp-protocol-version': '2025-11-25',
    },
  },
  registration: {
    kind: 'document',
    url: 'https://claude.ai/oauth/claude-code-client-metadata',
    requiresNone: true,
    metadata: {
      client_name: 'Claude Code',
      client_uri: 'https://claude.ai',
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  authorize: {
    redirect_uri: 'http://localhost:59430/callback',
    scope: 'metadata',
    resource: 'omitted',
    extra: {
      prompt: 'consent',
    },
  },
  token: {
    auth: 'none',
    resource: 'omitted',
  },
  refresh: {
    scope: 'omitted',
    resource: 'omitted',
    parallel: 2,
  },
  mcp: {
    headers: {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    },
  },
  facts: {
    discovery: {
      confidence: 'assumed',
      sources: [],
    },
    'registration.url': {
      confidence: 'reported',
      sources: ['https://github.com/anthropics/claude-code/issues/41011'],
    },
    'registration.metadata.redirect_uris': {
      confidence: 'reported',
      sources: [
        'https://github.com/anthropics/claude-code/issues/37767',
        'https://github.com/anthropics/claude-code/issues/42301',
      ],
    },
    'registration.metadata': {
      confidence: 'assumed',
      sources: [],
    },
    'registration.requiresNone': {
      confidence: 'assumed',
      sources: [],
    },
    authorize: {
      confidence: 'reported',
      sources: ['https://github.com/anthropics/claude-code/issues/10572'],
    },
    token: {
      confidence: 'assumed',
      sources: [],
    },
    'refresh.parallel': {
      confidence: 'reported',
      sources: [
        'https://github.com/anthropics/claude-code/issues/59460',
        'https://github.com/anthropics/claude-code/issues/58607',
      ],
    },
    refresh: {
      confidence: 'assumed',
      sources: [],
    },
    mcp: {
      confidence: 'assumed',
      sources: [],
    },
    'authorize.extra': {
      confidence: 'reported',
      sources: ['https://github.com/anthropics/claude-code/issues/10572'],
    },
    registration: {
      confidence: 'assumed',
      sources: [],
    },
  },
}
