/** Which hosts may name clients, and who fetches what they name. @module */
import { platform } from '#platform'
import { ConfigurationError } from '../errors.ts'
import type { PublicFetch } from '../platform/public-fetch.ts'

/** Policy for clients whose id is a URL. */
export interface ClientDocumentPolicy {
  /** `false`: such clients are unknown here. Default: `true` where the platform can choose the address it connects to. */
  readonly enabled?: boolean | undefined
  /** Only these hosts, and their subdomains, may name clients. */
  readonly allowedHosts?: readonly string[] | undefined
  /** These hosts, and their subdomains, may not, and no client's keys are fetched from them. */
  readonly deniedHosts?: readonly string[] | undefined
  /** `host:port` pairs that are fetched although they are not public addresses. For tests and intranets. */
  readonly dangerouslyAllowedHosts?: readonly string[] | undefined
  /** A guarded fetch, for platforms that have none of their own. It must keep every promise of {@link PublicFetch}. */
  readonly fetch?: PublicFetch | undefined
}

/** The policy, checked. */
export interface ResolvedDocumentPolicy {
  /** Whether this server takes URLs as client ids. */
  readonly enabled: boolean
  /** Absent where nothing can be fetched safely. */
  readonly fetch: PublicFetch | undefined
  readonly dangerouslyAllowedHosts: ReadonlySet<string>
  /** Whether a document on this host may name a client. */
  readonly mayName: (hostname: string) => boolean
  /** Whether anything may be fetched from this host. */
  readonly mayFetch: (hostname: string) => boolean
}

/**
 * Checks the policy: a host that is written wrongly in a list of denied ones would deny nothing.
 * @throws {ConfigurationError} naming the option
 */
export function resolveDocumentPolicy(policy: ClientDocumentPolicy): ResolvedDocumentPolicy {
  const fetch = policy.fetch ?? platform.fetchPublicDocument
  if (policy.enabled === true && fetch === undefined) {
    throw new ConfigurationError(
      'clientIdMetadata.enabled',
      'needs clientIdMetadata.fetch: this platform cannot choose the address it connects to',
    )
  }
  const allowed = policy.allowedHosts && readHosts('clientIdMetadata.allowedHosts', policy.allowedHosts)
  const denied = readHosts('clientIdMetadata.deniedHosts', policy.deniedHosts ?? [])
  const mayFetch = (hostname: string): boolean => fetch !== undefined && !isWithin(hostname, denied)
  return {
    enabled: (policy.enabled ?? true) && fetch !== undefined,
    fetch,
    dangerouslyAllowedHosts: new Set((policy.dangerouslyAllowedHosts ?? []).map(readAuthority)),
    mayFetch,
    mayName: (hostname) => mayFetch(hostname) && (allowed === undefined || isWithin(hostname, allowed)),
  }
}

function isWithin(hostname: string, hosts: readonly string[]): boolean {
  // A final dot makes another text, but not another host.
  const name = hostname.replace(/\.$/, '')
  return hosts.some((host) => name === host || name.endsWith(`.${host}`))
}

function readHosts(option: string, hosts: readonly string[]): readonly string[] {
  return hosts.map((host) => {
    if (isHostname(host)) return host.toLowerCase()
    throw new ConfigurationError(option, `${JSON.stringify(host)} is not a host name such as client.example`)
  })
}

function readAuthority(authority: string): string {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(authority) ?? []
  if (isHostname(host) && port !== '') return `${host.toLowerCase()}:${Number(port)}`
  throw new ConfigurationError(
    'clientIdMetadata.dangerouslyAllowedHosts',
    `${JSON.stringify(authority)} is not a host and a port such as localhost:8443`,
  )
}

/** Written as URLs have it, without a port: anything else would match nothing. */
function isHostname(host: string): boolean {
  const name = host.toLowerCase()
  if (!/^(?:[\w-]+(?:\.[\w-]+)*|\[[0-9a-f:.]+\])$/.test(name) || !URL.canParse(`https://${name}/`)) return false
  return new URL(`https://${name}/`).hostname === name
}
