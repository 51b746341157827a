/** The four error classes. @module */
import type { UpstreamFailureKind } from './provider.ts'
import { type OAuthErrorCode, type RefusalReason, refusals } from './refusals.ts'

/** Codes of {@link McpAuthError}, to recognise an error without `instanceof`. */
export type McpAuthErrorCode = 'ERR_MCP_AUTH_CONFIGURATION' | 'ERR_MCP_AUTH_UPSTREAM' | 'ERR_MCP_AUTH_OAUTH'

/** Base of everything we throw on purpose. */
export class McpAuthError extends Error {
  readonly code: McpAuthErrorCode
  constructor(code: McpAuthErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** Options that cannot work. Thrown by constructors, never while serving. `option` names the culprit. */
export class ConfigurationError extends McpAuthError {
  readonly option: string
  constructor(option: string, message: string, options?: ErrorOptions) {
    super('ERR_MCP_AUTH_CONFIGURATION', `${option}: ${message}`, options)
    this.option = option
  }
}

/** A call to the identity provider failed. The provider's own words are not kept. */
export class UpstreamError extends McpAuthError {
  readonly kind: UpstreamFailureKind
  readonly status: number | undefined
  /** Seconds the IdP asked us to wait. */
  readonly retryAfterSeconds: number | undefined
  constructor(
    kind: UpstreamFailureKind,
    details: { readonly status?: number; readonly retryAfterSeconds?: number; readonly cause?: unknown } = {},
  ) {
    super('ERR_MCP_AUTH_UPSTREAM', `upstream: ${kind}`, details.cause === undefined ? {} : { cause: details.cause })
    this.kind = kind
    this.status = details.status
    this.retryAfterSeconds = details.retryAfterSeconds
  }
}

/** A request we refuse: the only error that reaches the wire, and only in the form its reason has in {@link refusals}. */
export class OAuthError extends McpAuthError {
  readonly reason: RefusalReason
  readonly error: OAuthErrorCode
  readonly status: number
  /** Seconds, for `Retry-After`. */
  readonly retryAfterSeconds: number | undefined
  /** Scopes the operation needs, for `insufficient_scope`. */
  readonly requiredScopes: readonly string[] | undefined
  constructor(
    reason: RefusalReason,
    details: {
      readonly retryAfterSeconds?: number
      readonly requiredScopes?: readonly string[]
      readonly cause?: unknown
    } = {},
  ) {
    const form = refusals[reason]
    super('ERR_MCP_AUTH_OAUTH', form.description, details.cause === undefined ? {} : { cause: details.cause })
    this.reason = reason
    this.error = form.error
    this.status = form.status
    this.retryAfterSeconds = details.retryAfterSeconds ?? (form.status === 503 ? 5 : undefined)
    this.requiredScopes = details.requiredScopes
  }
}
