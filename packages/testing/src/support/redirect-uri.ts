/** Where a client of the suites is called back. @module */

/** Nothing listens there, and the system gives its port to nobody: a server under test never has it by chance. */
export const redirectURI = 'http://127.0.0.1:32767/callback'
