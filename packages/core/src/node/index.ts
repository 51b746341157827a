/** For Node alone: the bridge between its requests and the web's, shared by all its frameworks, and the audit log. @module */
export { type AuditEntry, toAuditEntry } from './audit-entry.ts'
export { type AuditLog, type AuditLogOptions, type AuditLogProblem, openAuditLog } from './audit-log.ts'
export { toEarlyResponse } from './early-response.ts'
export { type NodeRequest, type NodeResponse, toRequestHead, toWebRequest } from './to-web-request.ts'
export {
  type AuditLogFault,
  type AuditLogFindings,
  type AuditLogVerdict,
  type VerifyAuditLogOptions,
  verifyAuditLog,
} from './verify-audit-log.ts'
export { writeWebResponse } from './write-web-response.ts'
