/** The page people see when a request cannot go on. @module */
import type { OAuthError } from '../errors.ts'
import { redirectTarget } from '../proxy/consent-view.ts'
import type { PageMessages } from '../proxy/page-messages.ts'
import { html, pageResponse } from './html.ts'

/**
 * Shows a refusal. `returnTo` is where the app learns of it: a link that says where it leads, since nobody is sent to
 * an app's address without having chosen to go there.
 */
export function errorPage(
  error: OAuthError,
  messages: PageMessages,
  { returnTo, cookies = [] }: { readonly returnTo?: string; readonly cookies?: readonly string[] } = {},
): Response {
  const link =
    returnTo === undefined
      ? html``
      : html`<p class="actions"><a class="button" rel="noreferrer" href="${returnTo}">${messages.returnToApp}</a></p>
<p class="muted">${messages.returnLeadsTo} <b>${redirectTarget(returnTo)}</b>.</p>`
  const body = html`<h1>${messages.errorHeading}</h1>
<p>${messages.errorText(error.reason, error.message)}</p>
<p>${messages.errorAdvice(error.reason, returnTo !== undefined)}</p>
${link}
<p class="muted">${messages.errorCode}: <code>${error.error}</code></p>`
  // 401 promises a challenge, which a page does not have.
  const status = error.status === 401 ? 400 : error.status
  return pageResponse({
    status,
    title: messages.errorTitle,
    body,
    messages,
    cookies,
    retryAfter: error.retryAfterSeconds,
  })
}
