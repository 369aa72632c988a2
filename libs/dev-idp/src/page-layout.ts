import { createHash } from 'node:crypto';

import { html, Html } from './html.js';

const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f4f5f7; --card: #ffffff; --line: #dfe2e8; --text: #1a1d24; --quiet: #596070;
  --accent: #2f5bd7; --accent-text: #ffffff; --soft: #eef2fd; --alarm: #b3261e; --alarm-soft: #fdeeed;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12141a; --card: #1b1e26; --line: #323744; --text: #eceef3; --quiet: #a3abba;
    --accent: #8facff; --accent-text: #10131a; --soft: #232a3d; --alarm: #ffb4ab; --alarm-soft: #3a1f1d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px;
  background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main {
  width: 100%; max-width: 440px; padding: 32px; border: 1px solid var(--line); border-radius: 16px;
  background: var(--card); box-shadow: 0 1px 2px rgb(0 0 0 / .04), 0 12px 32px rgb(0 0 0 / .07);
}
h1 { margin: 0 0 4px; font-size: 24px; line-height: 1.25; letter-spacing: -.01em; }
h2 { margin: 28px 0 8px; font-size: 15px; }
p { margin: 0 0 12px; }
ul { margin: 0 0 12px; padding: 0; list-style: none; }
code { font: 14px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: nowrap; }
.quiet code { font-size: 13px; }
main > :last-child { margin-bottom: 0; }
a { color: var(--accent); }
.badge {
  display: inline-block; margin-bottom: 16px; padding: 3px 10px; border-radius: 999px;
  background: var(--soft); color: var(--accent); font-size: 13px; font-weight: 600;
}
.quiet { color: var(--quiet); font-size: 14px; }
.alarm { margin: 16px 0; padding: 10px 14px; border-radius: 10px; background: var(--alarm-soft); color: var(--alarm); font-size: 15px; }
.accounts { display: grid; gap: 10px; margin: 20px 0 24px; }
.account {
  display: grid; grid-template-columns: 44px 1fr auto; align-items: center; gap: 14px; width: 100%; padding: 12px 14px;
  border: 1px solid var(--line); border-radius: 12px; background: none; color: inherit; font: inherit;
  text-align: left; cursor: pointer;
}
.account:hover { border-color: var(--accent); background: var(--soft); }
.account .initial {
  display: grid; place-items: center; width: 44px; height: 44px; border-radius: 50%;
  background: var(--soft); color: var(--accent); font-weight: 700; font-size: 18px;
}
.account:hover .initial { background: var(--card); }
.account .name { display: block; font-weight: 600; }
.account .tenant { padding: 2px 8px; border: 1px solid var(--line); border-radius: 6px; font-size: 13px; color: var(--quiet); }
:is(a, button, input, summary):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
details { border-top: 1px solid var(--line); padding-top: 16px; }
summary { cursor: pointer; font-size: 15px; font-weight: 600; border-radius: 4px; }
label { display: block; margin: 14px 0 4px; font-size: 14px; font-weight: 600; }
input {
  width: 100%; padding: 10px 12px; border: 1px solid var(--quiet); border-radius: 10px;
  background: var(--card); color: inherit; font: inherit;
}
.primary {
  width: 100%; margin-top: 18px; padding: 11px; border: 0; border-radius: 10px;
  background: var(--accent); color: var(--accent-text); font: inherit; font-weight: 600; cursor: pointer;
}
.primary:hover { filter: brightness(1.08); }
.link { padding: 0; border: 0; background: none; color: var(--quiet); font: inherit; font-size: 14px; text-decoration: underline; cursor: pointer; }
footer { margin-top: 20px; text-align: center; }
@media (max-width: 480px) { main { padding: 24px 20px; } }
`;

const STYLE_SHEET = new Html(`<style>${STYLE}</style>`);
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export function page(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Development sign-in</title>
        <link rel="icon" href="data:," />
        ${STYLE_SHEET}
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html>`.markup;
}

/** No scripts. Browsers apply form-action also to the target of a redirect after the form. */
export function pageHeaders(formTargets: readonly string[] = []): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': [
      "default-src 'none'",
      `style-src 'sha256-${STYLE_HASH}'`,
      'img-src data:',
      `form-action ${["'self'", ...formTargets].join(' ')}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}
