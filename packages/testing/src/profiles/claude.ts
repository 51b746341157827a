/** Claude (claude.ai, Desktop, mobile), as recorded. @module */
import type { ClientProfile } from './profile.ts'

export const claude: ClientProfile = {
  client: 'Claude (claude.ai, Desktop, mobile)',
  preset: 'claude',
  recorded: '2026-11',
  discovery: {
    resource: ['/.well-known/oauth-protected-resource/mcp'],
    server: ['/.well-known/oauth-authorization-server'],
    headers: {
      'user-agent': 'python-httpx/0.28.1',
    },
  },
  registration: {
    kind: 'document',
    url: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
    requiresNone: true,
    metadata: {
      client_name: 'Claude',
      client_uri: 'https://claude.ai',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  authorize: {
    redirect_uri: 'https://claude.ai/api/mcp/auth_callback',
    scope: 'metadata',
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
    scope: 'omitted',
    resource: 'exact',
  },
  mcp: {
    headers: {
      'user-agent': 'python-httpx/0.28.1',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    },
  },
  facts: {
    'discovery.resource': {
      confidence: 'reported',
      sources: [
        'https://github.com/anthropics/claude-ai-mcp/issues/984',
        'https://github.com/brendanlong/lion-reader/pull/978',
      ],
    },
    'discovery.headers': {
      confidence: 'reported',
      sources: ['https://github.com/anthropics/claude-ai-mcp/issues/228'],
    },
    'registration.url': {
      confidence: 'documented',
      sources: ['https://claude.com/docs/connectors/building/authentication'],
    },
    'registration.requiresNone': {
      confidence: 'reported',
      sources: ['https://github.com/brendanlong/lion-reader/pull/1519'],
    },
    'registration.metadata': {
      confidence: 'assumed',
      sources: [],
    },
    'authorize.redirect_uri': {
      confidence: 'documented',
      sources: ['https://claude.com/docs/connectors/building/authentication'],
    },
    'authorize.scope': {
      confidence: 'reported',
      sources: ['https://github.com/anthropics/claude-ai-mcp/issues/228'],
    },
    'authorize.resource': {
      confidence: 'reported',
      sources: ['https://github.com/anthropics/claude-ai-mcp/issues/96'],
    },
    'authorize.extra': {
      confidence: 'reported',
      sources: ['https://github.com/anthropics/claude-ai-mcp/issues/96'],
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
      sources: [
        'https://github.com/anthropics/claude-ai-mcp/issues/984',
        'https://github.com/brendanlong/lion-reader/pull/978',
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
    registration: {
      confidence: 'assumed',
      sources: [],
    },
  },
}
