/** The consent page: who asks, for what, and where the answer goes. @module */
import type { ConsentView } from '../proxy/consent-view.ts'
import type { PageMessages } from '../proxy/page-messages.ts'
import { type HTML, html, newNonce, pageResponse, protectedPage } from './html.ts'

/** The form a consent page has to hold. */
export interface ConsentForm {
  /** Where it is posted to. */
  readonly action: string
  /** Hidden fields, by name. */
  readonly fields: Readonly<Record<string, string>>
  /** Name of the buttons' field, and the values they send. */
  readonly decision: { readonly name: 'decision'; readonly approve: 'approve'; readonly deny: 'deny' }
  /** Name of the checkbox (value `on`) that remembers the answer; absent when that is not on offer. */
  readonly remember?: 'remember'
}

/** What a renderer of one's own gets. Every text in it has to be escaped. */
export interface ConsentPageParts {
  readonly view: ConsentView
  readonly messages: PageMessages
  readonly form: ConsentForm
  /** For `<style nonce="…">`: the only style and the only resource the page may have. */
  readonly nonce: string
}

/** Turns the parts into a whole HTML document. The protective headers are added whatever it returns. */
export type ConsentRenderer = (parts: ConsentPageParts) => string | Promise<string>

/** Renders the page. */
export async function consentPage(
  parts: Omit<ConsentPageParts, 'nonce'>,
  render: ConsentRenderer | undefined,
  cookies: readonly string[],
): Promise<Response> {
  const { view, messages } = parts
  if (!render) {
    const title = messages.consentTitle(view.serviceName)
    return pageResponse({ status: 200, title, body: consentBody(parts), messages, cookies })
  }
  const nonce = newNonce()
  return protectedPage(await render({ ...parts, nonce }), nonce, { status: 200, cookies })
}

function consentBody({ view, messages, form }: Omit<ConsentPageParts, 'nonce'>): HTML {
  const scopes = view.scopes.map(({ scope, description }) => {
    const words = messages.scope(scope) ?? description
    return words === undefined ? html`<li><code>${scope}</code></li>` : html`<li>${words} <code>${scope}</code></li>`
  })
  const fields = Object.entries(form.fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  const remember = form.remember
    ? html`<p><label><input type="checkbox" name="${form.remember}" value="on"> ${messages.remember}</label></p>`
    : html``
  // The name is the app's own claim, so that nothing but the address stands out.
  return html`<h1>${messages.consentHeading(view.serviceName)}</h1>
<dl><div class="target"><dt>${messages.answerGoesTo}</dt><dd>${view.redirectTarget}<br><code>${view.redirectURI}</code></dd></div>
${app(view, messages)}
<div><dt>${messages.signInWith}</dt><dd>${view.providerName}</dd></div></dl>
<h2>${messages.permissions}</h2>
<ul>${scopes}</ul>
${caution(view, messages)}
<form method="post" action="${form.action}">
${fields}
${remember}
<div class="actions">
<button class="primary" type="submit" name="${form.decision.name}" value="${form.decision.approve}">${messages.allow}</button>
<button type="submit" name="${form.decision.name}" value="${form.decision.deny}">${messages.deny}</button>
</div>
</form>
<p class="muted">${messages.nothingShared(view.providerName)}</p>`
}

function app(view: ConsentView, messages: PageMessages): HTML {
  const standing = view.isVerified
    ? html`<span class="badge">${messages.registeredWith(view.serviceName)}</span>`
    : html`<span class="badge doubtful">${messages.notVerified}</span>`
  const publisher =
    view.clientHost === undefined
      ? html``
      : html`<div><dt>${messages.appPublishedBy}</dt><dd>${view.clientHost}</dd></div>`
  const label = view.isVerified ? messages.appNameVerified : messages.appNameClaimed
  return html`${publisher}<div><dt>${label}</dt><dd><bdi>${view.clientName ?? messages.namelessApp}</bdi> ${standing}</dd></div>`
}

/** Anybody can lead a person here, and any program can pretend to be the app: what to go by, in one sentence. */
function caution(view: ConsentView, messages: PageMessages): HTML {
  if (view.isLoopback) return html`<p class="notice" role="note">${messages.cautionLoopback}</p>`
  if (view.isVerified) return html``
  const text = view.redirectTarget.includes('://') ? messages.cautionNativeApp : messages.cautionLink
  return html`<p class="notice" role="note">${text}</p>`
}
