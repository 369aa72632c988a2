// Writes the reference pages that are made from tables in the code. With --check it writes nothing and exits with 1 if a
// page is not what the code says.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';
import prettier from 'prettier';

const ROOT = new URL('../', import.meta.url);

const SWC = { swcrc: false, jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } };

// The tables are read from the sources themselves: nothing has to be built first, and no old build is read.
registerHooks({
  resolve(specifier, context, next) {
    const source = /^\.{1,2}\/.*\.js$/.test(specifier) && new URL(specifier.replace(/js$/, 'ts'), context.parentURL);
    return source && existsSync(source) ? { url: source.href, shortCircuit: true } : next(specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), SWC);
    return { format: 'module', source: code, shortCircuit: true };
  },
});

const PAGES = { 'docs/reference/errors.md': errorsPage };

const check = process.argv.includes('--check');
const stale = [];
for (const [path, page] of Object.entries(PAGES)) {
  const file = fileURLToPath(new URL(path, ROOT));
  const wanted = await prettier.format(await page(), { ...(await prettier.resolveConfig(file)), filepath: file });
  const present = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (present === wanted) continue;
  if (check) {
    stale.push(path);
    continue;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wanted);
  console.log(`wrote ${relative(process.cwd(), file)}`);
}
if (stale.length > 0) {
  console.error(`Not what the code says: ${stale.join(', ')}. Run: node scripts/generate-docs.mjs`);
  process.exitCode = 1;
}

async function errorsPage() {
  const { INTERNAL_TOKEN_ERRORS } = await import(new URL('libs/internal-token/src/core/errors.ts', ROOT));
  const rows = Object.entries(INTERNAL_TOKEN_ERRORS).map(([code, { status, title, action }]) =>
    [`\`${code}\``, status, title, action].map((cell) => String(cell).replaceAll('|', '\\|')).join(' | '),
  );
  return `<!-- Made by scripts/generate-docs.mjs from libs/internal-token/src/core/errors.ts. Change it there. -->

# Errors

Every error answer is \`application/problem+json\` (RFC 9457):

\`\`\`json
{
  "type": "urn:nestjs-internal-token:txn_expired",
  "title": "${INTERNAL_TOKEN_ERRORS.txn_expired.title}",
  "status": ${INTERNAL_TOKEN_ERRORS.txn_expired.status},
  "detail": "${INTERNAL_TOKEN_ERRORS.txn_expired.action}",
  "code": "txn_expired",
  "request_id": "0193b1e7c0de7f00a1b2c3d4e5f60718"
}
\`\`\`

- Compare \`code\`. It is stable; \`title\` and \`detail\` are for people and may change.
- \`request_id\` is also the response header \`X-Request-Id\`, and the \`txn\` of every log line of the request.
- A failure of the server (5xx) never says what broke. That is in the log, under the same id.
- A 401 has a \`WWW-Authenticate\` header; 401 and 403 are never cached.

## Codes of the library

| code | status | what happened | what to do |
| --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}

## All other errors

| what was thrown | \`code\` | \`detail\` |
| --- | --- | --- |
| an error with \`code\` (lower case), \`status\` and \`detail\`: a domain's, or one that crossed a port | its own | its own, below 500 |
| a Nest \`HttpException\` with \`errorCode\` | that \`errorCode\` | its message, below 500 |
| a failed validation | \`invalid_request\` | all findings; one by one in \`errors\` |
| any other \`HttpException\`, and what Express, Fastify or a body parser refuses | the name of the status: \`conflict\`, \`payload_too_large\`, \`unsupported_media_type\`; \`invalid_request\` for 400 | its message, below 500 |
| anything else | \`internal_error\` | none |
`;
}
