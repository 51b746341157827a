/** Placeholder. @module */
export {}
