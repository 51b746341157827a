/** Well-known locations — RFC 8414 §3.1, RFC 9728 §3.1, OpenID Connect Discovery §4. @module */

/** The path of a metadata document: the suffix goes between host and path of the identifier. */
export function wellKnownPath(identifier: string, suffix: string): string {
  const path = new URL(identifier).pathname.replace(/\/$/, '')
  return `/.well-known/${suffix}${path}`
}

/** Where the protected resource metadata of `resource` is, [RFC 9728 §3.1](https://www.rfc-editor.org/rfc/rfc9728#section-3.1). */
export function getProtectedResourceMetadataURL(resource: string): string {
  return new URL(resource).origin + wellKnownPath(resource, 'oauth-protected-resource')
}

/** All paths at which the authorization server metadata of `issuer` is served. */
export function authorizationServerMetadataPaths(issuer: string): string[] {
  const appended = new URL(issuer).pathname.replace(/\/$/, '')
  return [
    wellKnownPath(issuer, 'oauth-authorization-server'),
    wellKnownPath(issuer, 'openid-configuration'),
    `${appended}/.well-known/oauth-authorization-server`,
    `${appended}/.well-known/openid-configuration`,
  ]
}

/** All paths at which the protected resource metadata is served: the bare form only where it claims no other resource. */
export function protectedResourceMetadataPaths(resource: string, issuer: string): string[] {
  const inserted = wellKnownPath(resource, 'oauth-protected-resource')
  const bare = new URL(issuer).pathname === '/' ? ['/.well-known/oauth-protected-resource'] : []
  return [inserted, ...bare]
}
