/** The contract suites in a user's project: on a store and on a provider, as they are installed. */
import { createMemoryStore } from '@mcp-auth/core'
import { discord } from '@mcp-auth/provider-discord'
import { createFakeDiscord } from '@mcp-auth/provider-discord/mocks'
import { describeAdapterContract } from '@mcp-auth/testing/adapter-contract'
import { describeIdPContract } from '@mcp-auth/testing/idp-contract'
import { describeStoreContract } from '@mcp-auth/testing/store-contract'
import { expect, it } from 'vitest'

describeStoreContract('the memory store', ({ now }) => ({ store: createMemoryStore({ now }) }))

describeIdPContract('discord()', {
  create: ({ now }) => {
    const fake = createFakeDiscord({ now })
    const { clientId, clientSecret } = fake
    return { fake, provider: discord({ clientId, clientSecret }), expected: { issuesRefreshTokens: true } }
  },
})

it('has the contract of adapters', () => {
  expect(describeAdapterContract).toBeTypeOf('function')
})
