import { describeIdPContract } from '@mcp-auth/testing/idp-contract'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll } from 'vitest'
import { acme } from '../src/acme.ts'
import { createFakeAcme } from './fake-acme.ts'

const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterAll(() => network.close())

describeIdPContract('Acme ID', {
  create: ({ now }) => {
    const fake = createFakeAcme(now)
    network.use(...fake.handlers)
    return {
      fake,
      provider: acme(fake),
      expected: {
        identity: { subject: '1001', username: 'nelly' },
        issuesRefreshTokens: true,
        rotatesRefreshTokens: false,
      },
      leakMarkers: ['dev.acme.example'],
      close: () => network.resetHandlers(),
    }
  },
})
