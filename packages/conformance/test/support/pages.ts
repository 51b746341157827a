/** What pages show, for tests that read them as a person would. */
import { expect } from 'vitest'
import type { Answer } from './browser.ts'

/** The text of a page, without markup. A place where a line may break is no space. */
export function pageText(page: Answer): string {
  const body = page.text.replace(/^[\s\S]*<body>/, '')
  return decodeEntities(body.replaceAll('<wbr>', '').replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim()
}

/** Where the links of a page lead. */
export function linksOf(page: Answer): string[] {
  return [...page.text.matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)].map(([, href = '']) => decodeEntities(href))
}

/** The parameters of the address an answer redirects to. */
export function parametersOf(answer: Answer): URLSearchParams {
  expect(answer.location, `${answer.status} ${answer.text.slice(0, 200)}`).toBeDefined()
  return new URL(answer.location ?? '').searchParams
}

/** What a browser makes of an answer: what it shows, and where it leads. */
export interface Shown {
  readonly status: number
  readonly type: string | null
  readonly location: string | undefined
  readonly links: readonly string[]
}

export function shownBy(answer: Answer): Shown {
  const { status, headers, location } = answer
  return { status, type: headers.get('content-type'), location, links: linksOf(answer) }
}

/** A page of our own with nothing that leads away from it. */
export function localPage(status: number): Shown {
  return { status, type: 'text/html; charset=utf-8', location: undefined, links: [] }
}

function decodeEntities(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
