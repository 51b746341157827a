/** The connection of the adapter contract, for every test that writes bytes itself. */
export { openWire, requestText } from '../../../testing/src/adapter-contract/wire.ts'
