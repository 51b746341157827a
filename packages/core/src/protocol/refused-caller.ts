/** Who made a request that is refused, for its event: only where a token has proven it. @module */
import type { OAuthError } from '../errors.ts'

/** Who called. */
export interface Caller {
  readonly subject?: string
  readonly clientId?: string
}

// Beside the error and not in it: what others do with an error must not tell who called.
const callers = new WeakMap<OAuthError, Caller>()

/**
 * Notes who called. Only for an error that was made for this one request: one that a hook throws again and again
 * would name somebody else.
 */
export function nameCaller(error: OAuthError, caller: Caller): OAuthError {
  callers.set(error, callerOf(caller))
  return error
}

/** Who caused a refusal, as far as that is proven. */
export function callerOfRefusal(error: OAuthError): Caller {
  return callers.get(error) ?? {}
}

/** The members of an event that name a caller. An anonymous session has none. */
export function callerOf({ subject, clientId }: Caller): Caller {
  return {
    ...(subject === undefined || subject === '' ? {} : { subject }),
    ...(clientId === undefined || clientId === '' ? {} : { clientId }),
  }
}
