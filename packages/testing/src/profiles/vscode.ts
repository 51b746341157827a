/** VS Code, as recorded. @module */
import type { ClientProfile } from './profile.ts'

export const vscode: ClientProfile = {
  client: 'VS Code',
  preset: 'vscode',
  recorded: '2026-11',
  discovery: {
    resource: ['/.well-known/oauth-protected-resource/mcp'],
    server: ['/.well-known/oauth-authorization-server'],
    headers: {},
  },
  registration: {
    kind: 'dynamic',
    metadata: {
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      redirect_uris: [
        'https://insiders.vscode.dev/redirect',
        'https://vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/',
      ],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    },
  },
  authorize: {
    redirect_uri: 'http://127.0.0.1:59656/',
    scope: 'identify',
    resource: 'slash',
    extra: {},
  },
  token: {
    auth: 'none',
    resource: 'omitted',
  },
  refresh: {
    scope: 'omitted',
    resource: 'omitted',
  },
  mcp: {
    headers: {
      accept: 'text/event-stream, application/json',
      'mcp-protocol-version': '2025-11-25',
    },
  },
  facts: {
    discovery: {
      confidence: 'assumed',
      sources: [],
    },
    'registration.metadata.redirect_uris': {
      confidence: 'reported',
      sources: ['https://github.com/microsoft/vscode/issues/278512'],
    },
    'registration.metadata.application_type': {
      confidence: 'reported',
      sources: ['https://github.com/elmohq/elmo/pull/684'],
    },
    'registration.metadata': {
      confidence: 'assumed',
      sources: [],
    },
    'authorize.redirect_uri': {
      confidence: 'reported',
      sources: ['https://github.com/microsoft/vscode/issues/278512'],
    },
    'authorize.resource': {
      confidence: 'reported',
      sources: ['https://github.com/microsoft/vscode/issues/260446'],
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
