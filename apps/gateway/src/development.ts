import { originOf, publishDevelopmentKeys } from '@app/runtime';
import { type INestApplication, Logger } from '@nestjs/common';
import { InternalTokenIssuer, KeyRing } from 'nestjs-internal-token/issuing';
import pc from 'picocolors';
import { placeDomains } from './domains.js';
import type { GatewayConfig, GatewaySettings } from './gateway.config.js';

/** Goods to order, and the public keys where services of this working copy look for them. */
export async function prepareDevelopment(app: INestApplication, { values }: GatewayConfig): Promise<void> {
  const issuer = app.get(InternalTokenIssuer, { strict: false });
  const publish = () => publishDevelopmentKeys(values.DEV_DIRECTORY, issuer.publicJwks());
  await publish();
  app.get(KeyRing, { strict: false }).onChange(() => void publish().catch(reportUnpublished));
  for (const { seed } of placeDomains(values).local) {
    if (seed) await app.get(seed, { strict: false }).run();
  }
}

function reportUnpublished(error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  new Logger('Development').error(`Services do not see the new keys: ${why}`);
}

/** Opening a database for each domain takes some seconds, the first time more: nobody should wonder. */
export function printStart(settings: GatewaySettings): void {
  const { local, remote } = placeDomains(settings);
  const parts = ['gateway', ...local.map(({ name }) => name)].join(', ');
  const elsewhere = remote.map(({ name, at }) => `${name} at ${at}`).join(', ');
  process.stdout.write(
    `\n${pc.bold('Opening the shop')} in one process: ${parts} … ${pc.dim('some seconds')}\n` +
      `${elsewhere && `In processes of their own: ${elsewhere}\n`}\n`,
  );
}

/** What a newcomer does next, ready to paste. */
export function printNextSteps(settings: GatewaySettings): void {
  const { ACCESS_TOKEN_ISSUERS, DEV_IDP_PORT } = settings;
  const open = placeDomains(settings).remote.length === 0 ? 'The shop is open.' : 'The gateway is open.';
  const gateway = originOf(settings.TLS_CERT_FILE ? 'https' : 'http', settings.HOST, settings.PORT);
  const internalScheme = settings.INTERNAL_TLS_CERT_FILE ? 'https' : 'http';
  const internal = originOf(internalScheme, settings.INTERNAL_HOST, settings.INTERNAL_PORT);
  const provider = `http://127.0.0.1:${DEV_IDP_PORT}`;
  const login = `npm run -s login -- alice${DEV_IDP_PORT === 3900 ? '' : ` --issuer ${provider}`}`;
  const step = (comment: string, command: string): string => `  ${pc.dim(`# ${comment}`)}\n  ${pc.cyan(command)}\n`;
  process.stdout.write(
    [
      '',
      `${pc.bold(open)} ${pc.yellow('Development mode')}: loopback only, generated keys, known passwords.`,
      '',
      `  gateway            ${gateway}`,
      `  internal listener  ${internal}   ${pc.dim('key set, health')}`,
      ACCESS_TOKEN_ISSUERS
        ? `  identity provider  ${ACCESS_TOKEN_ISSUERS.map(({ issuer }) => issuer).join(', ')}   ${pc.dim('by ACCESS_TOKEN_ISSUERS')}`
        : `  identity provider  ${provider}   ${pc.dim('alice and bob of acme, carol of globex; password: development')}`,
      '',
      'Next, in another terminal:',
      '',
      step('what everybody may see', `curl ${gateway}/catalog/items`),
      step(
        'sign in, and see the internal token as a handler sees it',
        ACCESS_TOKEN_ISSUERS ? 'TOKEN=…' : `TOKEN=$(${login})`,
      ),
      `  ${pc.cyan(`curl -H "Authorization: Bearer $TOKEN" ${gateway}/orders/me`)}\n`,
      step(
        'an order through three modules: one token id on every line above',
        `curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' ${gateway}/orders \\\n    -d '{"lines":[{"itemId":"0197a000-0000-7000-8000-00000000ac02","quantity":2}]}'`,
      ),
      `Or watch all of it: ${pc.cyan('npm run demo')}`,
      '',
      '',
    ].join('\n'),
  );
}
