/** The bridge between Node's requests and the web's, shared by all Node frameworks. @module */
export { toEarlyResponse } from './early-response.ts'
export { type NodeRequest, type NodeResponse, toRequestHead, toWebRequest } from './to-web-request.ts'
export { writeWebResponse } from './write-web-response.ts'
