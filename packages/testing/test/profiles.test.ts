import { redirectURIPresets } from '@mcp-auth/core'
import { clientProfiles } from '@mcp-auth/testing'
import { expect, it } from 'vitest'

it.each(Object.entries(clientProfiles))('knows where the facts about %s are from', (_name, profile) => {
  expect(Object.keys(profile.facts)).not.toEqual([])
  for (const path of Object.keys(profile.facts)) {
    const found = path.split('.').reduce<unknown>((part, name) => Reflect.get(Object(part), name), profile)
    expect([path, found]).not.toEqual([path, undefined])
  }
  const facts = Object.values(profile.facts)
  expect(facts.filter(({ confidence, sources }) => confidence === 'reported' && sources.length === 0)).toEqual([])
  for (const source of facts.flatMap(({ sources }) => sources)) expect(source).toMatch(/^https:\/\//)
})

it.each(Object.entries(clientProfiles))('has a redirect URI of %s that it also registers', (_name, profile) => {
  expect(Object.keys(redirectURIPresets)).toContain(profile.preset)
  const path = (uri: string): string => new URL(uri).pathname
  expect(profile.registration.metadata.redirect_uris.map(path)).toContain(path(profile.authorize.redirect_uri))
})
