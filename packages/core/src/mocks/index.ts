/** An identity provider for tests. @module */
export {}
