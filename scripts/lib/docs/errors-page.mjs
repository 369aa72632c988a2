import { importSource } from '../typescript-imports.mjs';
import { code, table } from './markdown.mjs';

const { INTERNAL_TOKEN_ERRORS } = await importSource('libs/internal-token/src/core/errors.ts');
const { PORT_FAILURES } = await importSource('libs/contracts/src/port-error.ts');

const GATEWAY =
  /^(access_token_\w+|upstream_\w+|insufficient_\w+|invalid_request|json_too_deep|payload_too_large|route_not_found|enrichment_failed|identity_provider_unavailable)$/;

export function errorsPage() {
  const entries = Object.entries(INTERNAL_TOKEN_ERRORS);
  const example = INTERNAL_TOKEN_ERRORS.txn_permission;
  return `# Errors

Every refusal by this library is \`application/problem+json\` (RFC 9457). In the shop every other error is too; for that,
your own application provides \`InternalTokenProblemFilter\` of \`nestjs-internal-token/http\` as \`APP_FILTER\`. An example:

\`\`\`json
{
  "type": "urn:nestjs-internal-token:txn_permission",
  "title": "${example.title}",
  "status": ${example.status},
  "detail": "${example.action}",
  "code": "txn_permission",
  "error": "insufficient_scope",
  "request_id": "0193b1e7c0de7f00a1b2c3d4e5f60718"
}
\`\`\`

- Compare \`code\`. It is stable; \`title\` and \`detail\` are for people and may change.
- \`request_id\` is also the response header \`X-Request-Id\`, and the \`txn\` of every log line of the request.
- A server error (5xx) never says what broke. Look in the log, under the same id.
- A 503 has a \`Retry-After\`, in seconds.
- A 401 has a \`WWW-Authenticate\` header; 401 and 403 are never cached.

## Answers of the gateway

Whatever is wrong with an access token, the answer is \`access_token_invalid\` with the same text.

${entriesTable(entries.filter(([name]) => GATEWAY.test(name)))}

## The internal token

${entriesTable(entries.filter(([name]) => !GATEWAY.test(name)))}

## Calls between domains

A port throws \`PortError\`: \`code\`, \`status\`, \`detail\`. Domains have their own codes, such as \`out_of_stock\`; these
are the port's.

${table(
  ['code', 'status'],
  Object.entries(PORT_FAILURES).map(([name, status]) => [code(name), status]),
)}

## All other errors

${table(
  ['what was thrown', '`code`', '`detail`'],
  [
    [
      'an error with `code` (lower case), `status` and `detail`: a domain’s, or one that crossed a port',
      'its own',
      'its own, below 500',
    ],
    ['a Nest `HttpException` with `errorCode`', 'that `errorCode`', 'its message, below 500'],
    ['a failed validation', '`invalid_request`', 'all findings; one by one in `errors`'],
    [
      'any other `HttpException`, and what Express, Fastify or a body parser refuses',
      'the name of the status: `conflict`, `payload_too_large`, `unsupported_media_type`; `invalid_request` for 400',
      'its message, below 500',
    ],
    ['anything else', '`internal_error`', 'none'],
  ],
)}
`;
}

function entriesTable(entries) {
  return table(
    ['code', 'status', 'what happened', 'what to do'],
    entries.map(([name, { status, title, action }]) => [code(name), status, title, action]),
  );
}
