import { describe, expect, it } from 'vitest'
import { grantedScopes, upstreamScopes } from '../../src/proxy/scopes.ts'

const provider = { supportedScopes: ['identify', 'guilds', 'email'], identityScopes: ['identify'] }

describe('upstreamScopes', () => {
  it.each([
    ['what identifies the user, though the client did not ask for it', ['guilds'], ['identify', 'guilds']],
    ['each scope once', ['identify', 'guilds', 'guilds'], ['identify', 'guilds']],
    ['no scope of our own', ['tools:admin', 'guilds'], ['identify', 'guilds']],
    ['no offline_access', ['guilds', 'offline_access'], ['identify', 'guilds']],
    ['what identifies the user alone when nothing else is asked for', [], ['identify']],
  ])('A101 asks the provider for %s', (_name, requested, expected) => {
    expect(upstreamScopes(requested, provider)).toEqual(expected)
  })
})

describe('grantedScopes', () => {
  it.each([
    ['everything, when the provider does not say', ['guilds', 'email'], undefined, ['guilds', 'email']],
    ['only what the provider granted', ['guilds', 'email'], ['identify', 'guilds'], ['guilds']],
    ['no scope that was not requested', ['guilds'], ['identify', 'guilds', 'email', 'bot'], ['guilds']],
    ['scopes of our own, which the provider does not know', ['tools:admin', 'guilds'], [], ['tools:admin']],
    ['nothing, when the person took everything back', ['guilds', 'email'], [], []],
  ])('C8 gives the client %s', (_name, requested, granted, expected) => {
    expect(grantedScopes(requested, granted, provider)).toEqual(expected)
  })
})
