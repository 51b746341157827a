/** A Auth0 for tests. @module */
export {}
