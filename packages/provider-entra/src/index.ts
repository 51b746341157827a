/** Microsoft Entra ID as the identity provider of an MCP server. @module */
export {}
