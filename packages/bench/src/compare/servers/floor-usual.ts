/** The floor with what servers usually have: remembered tokens, and the global `fetch` to the IdP. @module */
import type { StartServer } from '../server.ts'
import { start as startFloor } from './floor.ts'

/** Starts it. */
export const start: StartServer = async (idp) => await startFloor(idp, { isUsual: true })
