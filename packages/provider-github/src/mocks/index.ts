/** A GitHub for tests. @module */
export {}
