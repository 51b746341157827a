/** The consent page: who asks, for what, and where the answer goes. @module */
import type { ConsentView } from '../proxy/consent-view.ts'
import { html, pageResponse } from './html.ts'

/** Renders the page. `consent` is the sealed request the form carries; `action` the URL it is posted to. */
export function consentPage(
  view: ConsentView,
  form: { readonly action: string; readonly consent: string; readonly cookies: readonly string[] },
): Response {
  const scopes = view.scopes.map(({ scope, description }) =>
    description === undefined
      ? html`<li><code>${scope}</code></li>`
      : html`<li>${description} <code>${scope}</code></li>`,
  )
  const verified = view.isVerified
    ? html`<p class="muted">The operator of this server has registered this app.</p>`
    : html`<p class="muted">The app chose this name itself. Nobody has verified it: go by the address below.</p>`
  const loopback = view.isLoopback
    ? html`<p class="notice" role="note">This app runs on your own computer, and so could any other program there. Continue only if you have just started signing in from it.</p>`
    : html``
  const body = html`<h1>Allow “${view.clientName}” to use ${view.serviceName} as you?</h1>
${verified}
<dl><dt>Your answer is sent to</dt><dd>${view.redirectTarget}</dd>
<dt>You sign in with</dt><dd>${view.providerName}</dd></dl>
<h2>It asks for</h2>
<ul>${scopes}</ul>
${loopback}
<form method="post" action="${form.action}">
<input type="hidden" name="consent" value="${form.consent}">
<div class="actions">
<button class="primary" type="submit" name="decision" value="approve">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</div>
</form>
<p class="muted">You can stop here: nothing has been shared yet.</p>`
  return pageResponse(200, `Allow ${view.clientName}?`, body, { cookies: form.cookies })
}
