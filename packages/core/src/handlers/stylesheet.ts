/** The look of our pages: light and dark, from a phone up. @module */

// `answered`: after a click the buttons take no further one for a while, or a double click would answer twice.
/** Goes into the one style element of a page. */
export const stylesheet: string = `
:root { color-scheme: light dark; --text: #1b1f24; --muted: #57606a; --page: #f2f4f7; --card: #fff; --line: #d3d8de;
  --soft: #f6f8fa; --accent: #1d4ed8; --accent-strong: #173fae; --on-accent: #fff; --notice: #fff6dd; --notice-line: #e9c46a;
  --notice-text: #4d3800; }
@media (prefers-color-scheme: dark) { :root { --text: #e9ecef; --muted: #aab2bd; --page: #0f1216; --card: #191d23;
  --line: #39414b; --soft: #20262e; --accent: #8ab4ff; --accent-strong: #a9c8ff; --on-accent: #0a1b3d; --notice: #2f2812;
  --notice-line: #6b5716; --notice-text: #ffe2a0; } }
* { box-sizing: border-box; }
body { margin: 0; padding: clamp(.75rem, 4vw, 3rem) .75rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 31rem; margin: 0 auto; padding: clamp(1.1rem, 5vw, 2rem); background: var(--card);
  border: 1px solid var(--line); border-top: 4px solid var(--accent); border-radius: .75rem; overflow-wrap: anywhere; }
h1 { margin: 0 0 1.25rem; font-size: 1.375rem; line-height: 1.3; letter-spacing: -.01em; text-wrap: balance; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
p { margin: .75rem 0; }
ul { margin: .5rem 0; padding-left: 1.2rem; }
li { margin: .35rem 0; }
li::marker { color: var(--muted); }
code { color: var(--muted); font: .8125rem/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
dl { margin: 0; border: 1px solid var(--line); border-radius: .5rem; }
dl div { padding: .7rem 1rem; overflow: hidden; }
dl div + div { border-top: 1px solid var(--line); }
dt { color: var(--muted); font-size: .875rem; }
dd { margin: 0; font-weight: 500; }
.target { background: var(--soft); border-radius: .5rem .5rem 0 0; }
.target dd { font-size: 1.25rem; font-weight: 700; line-height: 1.35; }
.target code { display: inline-block; margin-top: .25rem; }
.badge { display: inline-block; padding: 0 .5rem; border: 1px solid var(--line); border-radius: 1rem; color: var(--muted);
  font-size: .8125rem; font-weight: 500; }
.doubtful { border-color: var(--notice-line); background: var(--notice); color: var(--notice-text); }
.muted { color: var(--muted); font-size: .875rem; }
.notice { margin: 1.25rem 0 0; padding: .7rem 1rem; border: 1px solid var(--notice-line); border-radius: .5rem;
  background: var(--notice); color: var(--notice-text); font-size: .9375rem; }
label { display: flex; gap: .6rem; align-items: start; padding: .25rem 0; cursor: pointer; }
input[type=checkbox] { flex: none; width: 1.25rem; height: 1.25rem; margin: .125rem 0 0; accent-color: var(--accent); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 1rem; }
button, .button { flex: 1 1 8rem; min-height: 3rem; padding: .7rem 1rem; border: 1px solid var(--line); border-radius: .5rem;
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; color: var(--text); background: transparent;
  cursor: pointer; }
button:hover, .button:hover { background: var(--soft); }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.primary:hover { background: var(--accent-strong); border-color: var(--accent-strong); }
.actions:has(:focus:not(:focus-visible):not(:active)) button { animation: answered 5s step-end; }
@keyframes answered { from { pointer-events: none; opacity: .6; } }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
main > :last-child { margin-bottom: 0; }
`
