import { ConfigurationError, createOAuthProxy, requireRole } from '@mcp-auth/core'
import * as onExpress from '@mcp-auth/express'
import * as onFastify from '@mcp-auth/fastify'
import * as onHono from '@mcp-auth/hono'
import { discord } from '@mcp-auth/provider-discord'
import { describe, expect, it } from 'vitest'

const auth = createOAuthProxy({
  baseUrl: 'https://mcp.example',
  provider: discord({ clientId: '157730590492196864', clientSecret: 'secret-of-the-application' }),
  secret: 'kJ1yqvC2hT0nXr8mWb4sZ6eQ9uLf3aPd7gRt5iVo0Yw',
})
const admin = requireRole('admin')

describe.each([
  ['Express', (options: object) => onExpress.requireBearerAuth(auth, options)],
  ['Fastify', (options: object) => onFastify.requireBearerAuth(auth, options)],
  ['Hono', (options: object) => onHono.requireBearerAuth(auth, options)],
])('requireBearerAuth for %s', (_name, create) => {
  it.each([
    ['canAcess', { canAcess: admin }],
    ['canAccess', { canAccess: undefined }],
    ['allowAnonymous', { allowAnonymous: 'false' }],
    ['requireBearerAuth', admin],
  ])('makes no gate that a mistake leaves open: %s', (option, options) => {
    expect(() => create(options)).toThrow(ConfigurationError)
    expect(() => create(options)).toThrow(new RegExp(`^${option}: `))
  })

  it('makes one of the options that there are', () => {
    const options = { canAccess: admin, requiredScopes: ['identify'], allowAnonymous: false }
    expect(create(options)).toBeTypeOf('function')
    expect(create({})).toBeTypeOf('function')
  })
})
