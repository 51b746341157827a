/** The page on which a human plays a user. @module */

/** A user to choose. */
export interface LoginPageUser {
  readonly key: string
  /** For people. */
  readonly name: string
  /** What tells users of the same name apart. */
  readonly detail: string
}

/** What the page shows. All of it is text, which the page escapes. */
export interface LoginPage {
  /** Name of the identity provider that is played. */
  readonly name: string
  readonly users: readonly LoginPageUser[]
  /** Key of the user who is chosen at first. */
  readonly selected: string
  /** What comes before the scopes. Default: `It asks for:`. */
  readonly request?: string
  /** Scopes as people are to read them. */
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

/**
 * The page, without any script. Its form is sent to the address it came from, which has the whole request: `user` holds
 * the key of the user, `decision` is `approve` or `cancel`.
 */
export function renderLoginPage(page: LoginPage): Response {
  const name = escape(page.name)
  const users = page.users.map(
    ({ key, name: person, detail }) =>
      `<label><input type="radio" name="user" value="${escape(key)}"${key === page.selected ? ' checked' : ''} required> ` +
      `${escape(person)} (${escape(detail)})</label>`,
  )
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fake ${name}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Fake ${name}</h1>
<p class="fake">This is not ${name}. It is a stand-in for trying things out: it has no passwords and no real accounts.</p>
<p>An application wants to know who you are. ${escape(page.request ?? 'It asks for:')}</p>
<ul>${page.scopes.map((scope) => `<li>${escape(scope)}</li>`).join('')}</ul>
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
