/** The fake's dynamic registration: answers 200, and makes public clients only. @module */
import { registrationBody } from './bodies.ts'
import { buildErrorResponse } from './error-answers.ts'
import type { FakeDescopeCall, FakeDescopeState } from './state.ts'

/** Answers `POST …/register`. That a registration without usable redirect URIs is refused so is assumed. */
export function answerRegister(call: FakeDescopeCall, state: FakeDescopeState): Response {
  if (call.request.method !== 'POST') return buildErrorResponse('notFound')
  const metadata = parseObject(call.body)
  const redirectUris = metadata?.['redirect_uris']
  if (!metadata || !isListOfURLs(redirectUris)) return buildErrorResponse('invalidRequest')
  const clientId = newClientId(state)
  state.clients.set(clientId, { clientId, redirectUris })
  return Response.json(registrationBody({ clientId, metadata, issuedAt: state.now() }))
}

/** Descope's client ids hide the ids of project and application. */
export function newClientId(state: Pick<FakeDescopeState, 'projectId' | 'newHandle'>): string {
  return btoa(`${state.projectId}:TPA2${state.newHandle().slice(0, 20)}`)
}

/** The application that a client id hides. */
export function applicationOf(clientId: string): string {
  try {
    return atob(clientId).split(':')[1] ?? clientId
  } catch {
    return clientId
  }
}

function isListOfURLs(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every((uri) => typeof uri === 'string' && URL.canParse(uri))
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
