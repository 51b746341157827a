/** Asking an identity provider at start whether it is the configured one. @module */
import { ConfigurationError, UpstreamError } from './errors.ts'

/**
 * Refuses what the provider says when it cannot work. One that is down is no reason not to start.
 * @param ask gets the metadata
 * @param issuer what they should be of, in words
 * @throws {ConfigurationError}
 */
export async function checkMetadata(ask: () => Promise<unknown>, displayName: string, issuer: string): Promise<void> {
  try {
    await ask()
  } catch (cause) {
    if (!(cause instanceof UpstreamError) || cause.kind === 'unavailable') return
    if (cause.cause instanceof ConfigurationError) throw cause.cause
    throw new ConfigurationError(
      'provider',
      `the metadata that ${displayName} publishes is not that of ${issuer}; copy the issuer from its own documents`,
      { cause },
    )
  }
}
