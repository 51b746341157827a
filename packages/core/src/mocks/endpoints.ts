/** Where a fake identity provider is. @module */
import type { FakeIdPEndpointName, FakeIdPProfile } from './profile.ts'

/** A place: an absolute URL, the end of a path, or a pattern. */
type Place = string | RegExp | false

const defaults: Readonly<Record<FakeIdPEndpointName, Place>> = {
  authorize: '/authorize',
  token: '/token',
  revoke: '/revoke',
  userinfo: '/userinfo',
  introspect: '/introspect',
  jwks: '/jwks',
  metadata: /\/\.well-known\/(oauth-authorization-server|openid-configuration)(\/.*)?$/,
}

/** The place of an endpoint. */
function placeOf(profile: FakeIdPProfile, name: FakeIdPEndpointName): Place {
  return profile.endpoints?.[name] ?? defaults[name]
}

function isFakeIdPEndpointName(name: string): name is FakeIdPEndpointName {
  return Object.hasOwn(defaults, name)
}

/** Places by name, in the order in which they are tried. */
function placesOf(profile: FakeIdPProfile): (readonly [string, Place])[] {
  const names = Object.keys(defaults).filter(isFakeIdPEndpointName)
  const api = Object.entries(profile.api ?? {}).map(([name, { path }]) => [name, path] as const)
  return [...api, ...names.map((name) => [name, placeOf(profile, name)] as const)]
}

/** Which endpoint a URL means. A host that the profile does not name will do as well, so that a demo can serve the fake anywhere. */
export function findEndpoint(profile: FakeIdPProfile, url: URL): string {
  const places = placesOf(profile)
  const path = decodePath(url.pathname)
  const exact = places.find(([, place]) => place === url.origin + path)
  const [name] = exact ?? places.find(([, place]) => matches(place, url.origin, path)) ?? ['unknown']
  return name
}

function matches(place: Place, origin: string, path: string): boolean {
  if (place === false) return false
  if (typeof place !== 'string') return new RegExp(place.source, place.flags.replace(/[gy]/g, '')).test(origin + path)
  return path.endsWith(place.startsWith('/') ? place : new URL(place).pathname)
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** The URL of an endpoint; `undefined` where there is none, or only a pattern of it. */
export function endpointURL(profile: FakeIdPProfile, issuer: string, name: FakeIdPEndpointName): string | undefined {
  const place = placeOf(profile, name)
  if (typeof place !== 'string') return undefined
  return place.startsWith('/') ? issuer.replace(/\/$/, '') + place : place
}

/** Every origin the fake answers for. */
export function originsOf(profile: FakeIdPProfile, issuer: string): string[] {
  const places = placesOf(profile).map(([, place]) => place)
  const absolute = places.filter((place) => typeof place === 'string' && !place.startsWith('/'))
  const urls = [issuer, ...(profile.origins ?? []), ...absolute.map(String)]
  return [...new Set(urls.map((url) => new URL(url).origin))]
}
