/** A Descope for tests. @module */
export {}
