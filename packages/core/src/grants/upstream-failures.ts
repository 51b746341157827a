/** What a failure at the identity provider (IdP) means for us. @module */
import { OAuthError, UpstreamError } from '../errors.ts'
import type { Identity } from '../provider.ts'

/** The status of the answer, where there was one, for an event. */
export function statusOf(error: UpstreamError): { status?: number } {
  return error.status === undefined ? {} : { status: error.status }
}

/** Our answer when the IdP is in trouble: come back later, nothing is lost. */
export function unavailable(cause: UpstreamError): OAuthError {
  // A long wait is the IdP's matter with us; a client should look in again sooner.
  const retryAfterSeconds = Math.min(Math.max(1, Math.ceil(cause.retryAfterSeconds ?? 5)), 60)
  return new OAuthError('upstream_unavailable', { retryAfterSeconds, cause })
}

/** Whether `identify` denied the user by a rule of its own; what merely classifies an answer has that answer's status. */
export function isDecision(outcome: Identity | UpstreamError): boolean {
  return outcome instanceof UpstreamError && outcome.kind === 'access_denied' && outcome.status === undefined
}
