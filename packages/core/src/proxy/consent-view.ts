/** What the consent page says, before it is a page. @module */
import { isLoopbackRedirectURI } from '../protocol/redirect-uri.ts'

/** Facts for the person who decides. Everything from the client is its own claim. */
export interface ConsentView {
  readonly serviceName: string
  readonly providerName: string
  /** What the client calls itself, if anything. */
  readonly clientName: string | undefined
  /** Host of the document that the client's id leads to: whoever holds that host answers for the client. */
  readonly clientHost?: string
  /** The operator registered this client by hand. */
  readonly isVerified: boolean
  /** Where the answer goes: host and port, or the scheme of a native app. */
  readonly redirectTarget: string
  /** The whole redirect URI. */
  readonly redirectURI: string
  /** Any program on the user's machine could have asked. */
  readonly isLoopback: boolean
  readonly scopes: readonly { readonly scope: string; readonly description: string | undefined }[]
}

/** Builds the view. */
export function buildConsentView(options: {
  readonly serviceName: string
  readonly provider: {
    readonly displayName: string
    readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined
  }
  readonly clientName: string | undefined
  readonly clientHost?: string | undefined
  readonly isVerified: boolean
  readonly redirectURI: string
  readonly scopes: readonly string[]
}): ConsentView {
  const descriptions = options.provider.scopeDescriptions ?? {}
  return {
    serviceName: options.serviceName,
    providerName: options.provider.displayName,
    clientName: options.clientName,
    ...(options.clientHost === undefined ? {} : { clientHost: options.clientHost }),
    isVerified: options.isVerified,
    redirectTarget: redirectTarget(options.redirectURI),
    redirectURI: options.redirectURI,
    isLoopback: isLoopbackRedirectURI(options.redirectURI),
    scopes: options.scopes.map((scope) => ({
      scope,
      description: Object.hasOwn(descriptions, scope) ? descriptions[scope] : undefined,
    })),
  }
}

/** Where a redirect URI leads, for people: host and port, or the scheme of a native app. */
export function redirectTarget(redirectURI: string): string {
  const url = new URL(redirectURI)
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:'
  return isWeb ? url.host : `${url.protocol}//${url.host}`
}
