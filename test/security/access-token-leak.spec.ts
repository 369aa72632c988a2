import { inspect } from 'node:util';
import { Logger, type LoggerService } from '@nestjs/common';
import { type InternalTokenError, toProblem } from '../../libs/internal-token/src/core/index.js';
import { AccessTokenIssuer, CLIENT_SECRET_FILE } from '../support/access-token-issuer.js';
import { authenticatorFor, bearer } from '../support/authenticator.js';
import { refusalOf } from '../support/refusals.js';

const SECRET_SUBJECT = 'subject-nobody-may-read';

describe('access tokens: nothing leaks into errors and logs', () => {
  const lines: string[] = [];
  const record = (...parts: unknown[]): void => void lines.push(inspect(parts, { depth: 10 }));
  const logger: LoggerService = { log: record, warn: record, error: record, debug: record, verbose: record };

  beforeAll(() => Logger.overrideLogger(logger));
  afterAll(() => Logger.overrideLogger(false));

  it('R40, R116: shows no part of the token in refusals, bodies, log lines or heap dumps', async () => {
    const issuer = await AccessTokenIssuer.start();
    const introspection = {
      endpoint: `${issuer.url}/introspect`,
      clientId: 'gateway',
      clientSecretFile: CLIENT_SECRET_FILE,
    };
    const gateway = await authenticatorFor(issuer, { introspection });
    const good = issuer.token({ sub: SECRET_SUBJECT });
    const tokens = [
      issuer.token({ sub: SECRET_SUBJECT, exp: 1 }),
      issuer.token({ sub: SECRET_SUBJECT, aud: 'https://other.test' }),
      issuer.token({ sub: SECRET_SUBJECT, iss: 'https://other.test' }),
      issuer.token({ sub: SECRET_SUBJECT, cnf: {} }),
      issuer.token({ sub: SECRET_SUBJECT, scope: undefined }),
      issuer.token({ sub: `${SECRET_SUBJECT}\n` }),
      issuer.token({ sub: SECRET_SUBJECT }, { typ: 'JWT' }),
      issuer.token({ sub: SECRET_SUBJECT }, { kid: 'unknown' }),
      `${good.slice(0, -20)}${'A'.repeat(20)}`,
      `${good}.x`,
      'an-opaque-token-nobody-may-read',
    ];
    const refusals: InternalTokenError[] = [];
    for (const token of tokens) refusals.push(await refusalOf(() => gateway.authenticate(bearer(token))));
    const malformed = [`Bearer ${good} ${good}`, good, `Bearer ${good}, x`, `Basic ${good}`, `Bearer "${good}"`];
    for (const value of malformed) {
      refusals.push(await refusalOf(() => gateway.authenticate(['authorization', value])));
    }
    issuer.answers.set('/introspect', (_request, response) => response.writeHead(500).end('an-opaque-token'));
    refusals.push(await refusalOf(() => gateway.authenticate(bearer('an-opaque-token-too'))));

    const told = refusals.map((refusal) => [
      inspect(refusal, { depth: 10, showHidden: true }),
      JSON.stringify(refusal),
      JSON.stringify(toProblem(refusal, 'id')),
    ]);
    await gateway.authenticate(bearer(good));
    const everything = [...told.flat(), ...lines, inspect(gateway, { depth: 20, showHidden: true })].join('\n');
    const parts = [good, ...tokens].flatMap((token) => token.split('.')).filter((part) => part.length > 15);
    // The gateway's dump holds the principals it caches, but no text that could be sent again.
    expect(parts.filter((part) => everything.includes(part))).toEqual([]);
    expect([...told.flat(), ...lines].join('\n')).not.toContain(SECRET_SUBJECT);
    expect(everything).not.toContain('an-opaque-token');

    gateway.close();
    await issuer.close();
  });

  it('R30: refuses every unacceptable token with the same message', async () => {
    const issuer = await AccessTokenIssuer.start();
    const gateway = await authenticatorFor(issuer);
    const tokens = [
      issuer.token({ exp: 1 }),
      issuer.token({ aud: 'x' }),
      issuer.token({ iss: 'x' }),
      issuer.token({ cnf: {} }),
      issuer.token({ sub: 'anonymous' }),
      issuer.token({}, { alg: 'none' }),
      issuer.token({}, { typ: 'JWT' }),
      issuer.token({}, { kid: 'x' }),
      `${issuer.token().slice(0, -20)}${'A'.repeat(20)}`,
      'opaque',
    ];
    const bodies = new Set<string>();
    for (const token of tokens) {
      bodies.add(JSON.stringify(toProblem(await refusalOf(() => gateway.authenticate(bearer(token))), 'id')));
    }
    expect(bodies.size).toBe(1);
    gateway.close();
    await issuer.close();
  });
});
