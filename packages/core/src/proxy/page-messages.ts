/** The words of our pages, so that they can be in another language. @module */
import type { RefusalReason } from '../refusals.ts'

/** Every text a person reads. Parameters come from the operator or, where said so, from the client; all are escaped later. */
export interface PageMessages {
  /** Language tag of the page, [BCP 47](https://www.rfc-editor.org/info/bcp47). */
  readonly language: string
  readonly direction: 'ltr' | 'rtl'
  readonly consentTitle: (service: string) => string
  readonly consentHeading: (service: string) => string
  readonly answerGoesTo: string
  readonly appNameVerified: string
  readonly appNameClaimed: string
  readonly appPublishedBy: string
  /** Stands for the name of an app that gave none. */
  readonly namelessApp: string
  readonly registeredWith: (service: string) => string
  readonly notVerified: string
  readonly signInWith: string
  readonly permissions: string
  readonly cautionLoopback: string
  readonly cautionNativeApp: string
  readonly cautionLink: string
  readonly remember: string
  readonly allow: string
  readonly deny: string
  readonly nothingShared: (provider: string) => string
  /** What a scope lets the app do; `undefined` shows the scope's name alone. */
  readonly scope: (scope: string) => string | undefined
  readonly errorTitle: string
  readonly errorHeading: string
  /** What went wrong; `description` is the English text. */
  readonly errorText: (reason: RefusalReason, description: string) => string
  /** `canReturn`: the page has a link back to the app. */
  readonly errorAdvice: (reason: RefusalReason, canReturn: boolean) => string
  readonly errorCode: string
  readonly returnToApp: string
  readonly returnLeadsTo: string
}

/** What a person can do about it, where there is something better than starting again. */
const advice: Partial<Record<RefusalReason, string>> = {
  client_unknown: 'Remove this server from the app and add it again: the app will then register anew.',
  redirect_uri_unregistered:
    'The app asked to be called back at an address it did not register. If you trust the app, remove this server from it and add it again.',
  consent_foreign: 'You may have answered already, or in another browser or tab. Go back to the app and start again.',
  consent_of_another: 'Start again in the app. You will then be asked whether you allow it.',
  client_document_invalid:
    'The app does not describe itself as it should, or is not allowed here. Its maker has to mend that.',
  client_document_unreachable: 'The app could not be looked up. Try again in a moment.',
  rate_limited: 'Too many requests came from your network. Try again in a moment.',
  store_unavailable: 'This is a passing problem of the server. Try again in a moment.',
  store_full: 'This is a passing problem of the server. Try again in a moment.',
  upstream_unavailable: 'This is a passing problem of the sign-in service. Try again in a moment.',
  internal_error: 'This is a problem of the server. Try again later.',
}

const startAgain = 'Go back to the app and start again.'
const appMistake = 'The app made this mistake, not you. Return to the app, so that it can tell its makers.'
const start = 'Continue only if you started this yourself just now'

/** The texts in English, which every other language falls back to. */
export const englishMessages: PageMessages = {
  language: 'en',
  direction: 'ltr',
  consentTitle: (service) => `Allow an app to use ${service}?`,
  consentHeading: (service) => `Allow an app to use ${service} as you?`,
  answerGoesTo: 'Your answer is sent to',
  appNameVerified: 'The app',
  appNameClaimed: 'The app calls itself',
  appPublishedBy: 'The app is published by',
  namelessApp: 'An app without a name',
  registeredWith: (service) => `registered with ${service}`,
  notVerified: 'not verified',
  signInWith: 'You sign in with',
  permissions: 'If you allow it, the app can',
  cautionLoopback: `The answer goes to a program on this computer, whatever it calls itself. ${start}.`,
  cautionNativeApp: `The answer goes to an app on this device, whatever it calls itself. ${start}.`,
  cautionLink: `Anybody can send you a link to this page. ${start}, and if you trust the address above.`,
  remember: 'Do not ask me again about this app in this browser',
  allow: 'Allow',
  deny: 'Deny',
  nothingShared: (provider) => `Nothing is shared unless you allow it and sign in with ${provider}.`,
  scope: (scope) => (scope === 'offline_access' ? 'Stay signed in until you or the server end it' : undefined),
  errorTitle: 'Sign-in cannot continue',
  errorHeading: 'This sign-in cannot continue',
  errorText: (_reason, description) => `${description}.`,
  errorAdvice: (reason, canReturn) => advice[reason] ?? (canReturn ? appMistake : startAgain),
  errorCode: 'Error code',
  returnToApp: 'Return to the app',
  returnLeadsTo: 'This leads to',
}
