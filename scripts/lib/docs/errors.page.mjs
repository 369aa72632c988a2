import { importSource } from '../typescript-imports.mjs';
import { code, table } from './markdown.mjs';

const { INTERNAL_TOKEN_ERRORS } = await importSource('libs/internal-token/src/core/errors.ts');
const { PORT_FAILURES } = await importSource('libs/contracts/src/port-error.ts');

const FROM_THE_GATEWAY =
  /^(access_token_|upstream_|insufficient_)|^(invalid_request|route_not_found|enrichment_failed|identity_provider_unavailable)$/;

export function errorsPage() {
  const entries = Object.entries(INTERNAL_TOKEN_ERRORS);
  const gateway = entries.filter(([name]) => FROM_THE_GATEWAY.test(name));
  const service = entries.filter(([name]) => !FROM_THE_GATEWAY.test(name));
  return `# Errors

Every error is answered with \`application/problem+json\` (RFC 9457). Compare \`code\`: it stays, titles and details may
be reworded. \`request_id\` is the id on every log line of the request, and stands in \`X-Request-Id\` too.

\`\`\`json
{
  "type": "urn:nestjs-internal-token:txn_permission",
  "title": "${INTERNAL_TOKEN_ERRORS.txn_permission.title}",
  "status": ${INTERNAL_TOKEN_ERRORS.txn_permission.status},
  "detail": "${INTERNAL_TOKEN_ERRORS.txn_permission.action}",
  "code": "txn_permission",
  "error": "insufficient_scope",
  "request_id": "0199f0c5a1b27c3d8e4f5a6b7c8d9e0f"
}
\`\`\`

Of a failure of this side (5xx) the caller sees what the table says and no more; the particulars are in the log.

## What the gateway answers

A bad access token is always \`access_token_invalid\` in the same words, whichever check failed.

${entriesTable(gateway)}

## The internal token, in gateway and services

Those with 401 carry \`WWW-Authenticate: Txn-Token realm="<trust domain>"\`, with \`error="invalid_token"\` where a token
was presented.

${entriesTable(service)}

## Calls between domains

A port throws \`PortError\` with the same three members: \`code\`, \`status\`, \`detail\`. Domains add codes of their own,
such as \`out_of_stock\`; these belong to the port itself.

${table(
  ['code', 'status'],
  Object.entries(PORT_FAILURES).map(([name, status]) => [code(name), status]),
)}

Anything else that Nest or a domain throws keeps its status; its \`code\` is the status' name in lower case
(\`payload_too_large\`), \`invalid_request\` for 400 and \`internal_error\` for whatever nobody expected.
`;
}

function entriesTable(entries) {
  return table(
    ['code', 'status', 'what happened', 'what to do'],
    entries.map(([name, { status, title, action }]) => [code(name), status, title, action]),
  );
}
