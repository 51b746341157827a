/** The browser of the adapter contract, for every test of a server. */
export {
  type Answer,
  type Browser,
  createBrowser,
  type SendOptions,
  send,
} from '../../../testing/src/adapter-contract/browser.ts'
export { formsOf } from '../../../testing/src/support/forms.ts'
