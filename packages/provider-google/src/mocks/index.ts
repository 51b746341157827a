/** A Google for tests. @module */
export {}
