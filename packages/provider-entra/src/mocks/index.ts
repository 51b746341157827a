/** A Microsoft Entra ID for tests. @module */
export {}
