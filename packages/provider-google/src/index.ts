/** Google as the identity provider of an MCP server. @module */
export {}
