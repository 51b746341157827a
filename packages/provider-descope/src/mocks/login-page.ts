/** The page on which a human plays a Descope user. @module */
import type { FakeDescopeUser } from './bodies.ts'

/** What the page shows. */
export interface LoginPage {
  readonly users: readonly FakeDescopeUser[]
  /** Id of the user who is chosen at first. */
  readonly selected: string
  readonly scopes: readonly string[]
  /** Where the browser goes next. */
  readonly returnHost: string
}

const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 32rem; margin: 2rem auto; padding: 0 1rem }
.fake { border: 2px dashed; padding: .5rem 1rem; font-weight: 600 }
fieldset { margin: 1rem 0 }
label { display: block; padding: .25rem 0 }
button { font: inherit; padding: .5rem 1.25rem; margin: 0 .5rem 0 0 }`

/** The page, without any script. Its form is sent to the address it came from, which has the whole request. */
export function renderLoginPage(page: LoginPage): Response {
  const users = page.users.map(
    ({ id, name, email }) =>
      `<label><input type="radio" name="user" value="${escape(id)}"${id === page.selected ? ' checked' : ''} required> ` +
      `${escape(name)} (${escape(email)})</label>`,
  )
  const scopes = page.scopes.map((scope) => `<li>${escape(scope)}</li>`)
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fake Descope</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Fake Descope</h1>
<p class="fake">This is not Descope. It is a stand-in for trying things out: it has no passwords and no real accounts.</p>
<p>An application wants to know who you are. It asks for:</p>
<ul>${scopes.join('')}</ul>
<form method="post">
<fieldset><legend>Who do you want to be?</legend>${users.join('')}</fieldset>
<button name="decision" value="approve">Approve</button>
<button name="decision" value="cancel" formnovalidate>Cancel</button>
</form>
<p>Afterwards you return to ${escape(page.returnHost)}.</p>
</main>
</body>
</html>`
  return new Response(html, {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      // No form-action: browsers apply it to the redirect that follows the form as well.
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
    },
  })
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
