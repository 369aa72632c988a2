// Signs in at the development identity provider and prints only the access token, for use in `$(…)`.
import { parseArgs } from 'node:util';

import { ALL_SCOPES, DEVELOPMENT_ISSUER, DEVELOPMENT_PASSWORD, signIn } from './lib/sign-in.mjs';
import { explain, UserError } from './lib/user-error.mjs';

const USAGE = `usage: npm run -s login -- <account> [options]

  --opaque           an opaque token, which the gateway must introspect
  --scope <scopes>   default: "${ALL_SCOPES}"
  --password <text>  default: "${DEVELOPMENT_PASSWORD}"
  --issuer <url>     default: ${DEVELOPMENT_ISSUER}

example: curl -H "Authorization: Bearer $(npm run -s login -- alice)" http://127.0.0.1:3000/me`;

const OPTIONS = {
  opaque: { type: 'boolean', default: false },
  scope: { type: 'string', default: ALL_SCOPES },
  password: { type: 'string', default: DEVELOPMENT_PASSWORD },
  issuer: { type: 'string', default: DEVELOPMENT_ISSUER },
  help: { type: 'boolean', short: 'h', default: false },
};

try {
  const { values, positionals } = readArguments();
  if (values.help) {
    console.log(USAGE);
  } else if (positionals.length !== 1) {
    throw new UserError(`Name an account, such as alice.\n\n${USAGE}`);
  } else {
    const { opaque, help: _, ...options } = values;
    const clientId = opaque ? 'demo-opaque' : 'demo-cli';
    const { accessToken } = await signIn({ ...options, clientId, login: positionals[0] });
    console.log(accessToken);
  }
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

function readArguments() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UserError(`${error.message}\n\n${USAGE}`, { cause: error });
  }
}
