import { createHash } from 'node:crypto';
import type { PageReport } from '../trace/index.js';
import { script, style } from './page-bundle.js';

/**
 * The page of one request as a file: waterfall, map, histogram. It opens from disk and loads nothing: its policy allows
 * only its own script and style, by their hashes, and no address.
 */
export function reportPage(report: PageReport): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hash(script)}'`,
    `style-src '${hash(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ];
  const { op, service, txn } = report.trace;
  return page({
    title: `${op} (${service}) ${txn}`,
    head: `<meta http-equiv="Content-Security-Policy" content="${text(policy.join('; '))}">`,
    data: report,
  });
}

/**
 * The live page in development. Put `nonce` into the policy of the response too: see {@link livePagePolicy}.
 */
export function livePage({ nonce }: { readonly nonce: string }): string {
  return page({ title: 'itok live', head: '', data: { live: true }, nonce });
}

/** The Content-Security-Policy that {@link livePage} needs: its own script, requests to its own origin. */
export function livePagePolicy({ nonce }: { readonly nonce: string }): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

interface Page {
  readonly title: string;
  readonly head: string;
  readonly data: unknown;
  readonly nonce?: string;
}

/** An empty icon, so that the browser requests none. */
const NO_ICON = '<link rel="icon" href="data:,">';

function page({ title, head, data, nonce }: Page): string {
  const allowed = nonce === undefined ? '' : ` nonce="${text(nonce)}"`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${head}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${text(title)}</title>
${NO_ICON}
<style${allowed}>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript. The data is in its source, as JSON.</noscript>
<script type="application/json" id="report">${json(data)}</script>
<script${allowed}>${script}</script>
</body>
</html>
`;
}

/** JSON that cannot end its element or begin a comment. */
function json(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function text(value: string): string {
  return value.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}

function hash(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}
