/** The page people see when a request cannot go on. @module */
import type { OAuthError } from '../errors.ts'
import type { RefusalReason } from '../refusals.ts'
import { html, pageResponse } from './html.ts'

/** What a person can do about it, where there is something better than starting again. */
const advice: Partial<Record<RefusalReason, string>> = {
  client_unknown:
    'The app is not registered here, or its registration has expired. Remove this server from the app and add it again; the app will then register anew.',
  redirect_uri_unregistered:
    'The app asked to be called back at an address it did not register. If you trust the app, remove this server from it and add it again.',
  store_unavailable: 'This is a passing problem of the server. Try again in a moment.',
  store_full: 'This is a passing problem of the server. Try again in a moment.',
  upstream_unavailable: 'This is a passing problem of the sign-in service. Try again in a moment.',
  internal_error: 'This is a problem of the server. Try again later.',
}

/**
 * Shows a refusal. `returnTo` is where the app learns of it: a link, since nobody is sent to an app's address
 * without having chosen to go there.
 */
export function errorPage(error: OAuthError, returnTo?: string): Response {
  const link =
    returnTo === undefined
      ? html``
      : html`<p class="actions"><a class="button" rel="noreferrer" href="${returnTo}">Return to the app</a></p>`
  const body = html`<h1>This sign-in cannot continue</h1>
<p>${error.message}.</p>
<p>${advice[error.reason] ?? 'Go back to the app and start again.'}</p>
<p class="muted">Error code: <code>${error.error}</code></p>
${link}`
  // 401 promises a challenge, which a page does not have.
  const status = error.status === 401 ? 400 : error.status
  return pageResponse(status, 'Sign-in cannot continue', body, { retryAfter: error.retryAfterSeconds })
}
