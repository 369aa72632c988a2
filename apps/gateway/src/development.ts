import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { originOf, publishDevelopmentKeys } from '@app/runtime';
import { type DynamicModule, type INestApplication, Logger } from '@nestjs/common';
import { InternalTokenIssuer, KeyRing } from 'nestjs-internal-token/gateway';
import pc from 'picocolors';
import { placeDomains } from './domains.js';
import type { GatewayConfig, GatewaySettings } from './gateway-config.js';

/** `/__dev`. Loaded only here, by a dynamic import, so that a production process never has it in memory. */
export async function loadDevPage(logDirectory: string): Promise<DynamicModule> {
  const { DevPageModule } = await import('nestjs-internal-token/dev');
  return DevPageModule.forRoot({ logDirectory });
}

/** Seeds goods to order, and writes the public keys to where services of this working copy read them. */
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
  new Logger('Development').error(`The public keys could not be written for the services: ${why}`);
}

/** `itok` finds the log lines in their default directory without an option. */
function logPlace({ DEV_DIRECTORY }: GatewaySettings): string {
  return DEV_DIRECTORY === '.dev' ? '' : ` ${join(DEV_DIRECTORY, 'log')}`;
}

/** Opening a database for each domain takes some seconds, the first time more, so say so. */
export function printStart(settings: GatewaySettings): void {
  const { local, remote } = placeDomains(settings);
  const parts = ['gateway', ...local.map(({ name }) => name)].join(', ');
  const elsewhere = remote.map(({ name, at }) => `${name} at ${at}`).join(', ');
  process.stdout.write(
    `\n${pc.bold('Opening the shop')} in one process: ${parts} … ${pc.dim('some seconds')}\n` +
      `${elsewhere && `In separate processes: ${elsewhere}\n`}\n`,
  );
}

/**
 * The next steps for a newcomer, ready to paste.
 * @param bound the address of the public listener; only this address of `localhost` has the live page
 */
export function printNextSteps(settings: GatewaySettings, bound: Pick<AddressInfo, 'address' | 'port'>): void {
  const { ACCESS_TOKEN_ISSUERS, DEV_IDP_PORT } = settings;
  const open = placeDomains(settings).remote.length === 0 ? 'The shop is open.' : 'The gateway is open.';
  const scheme = settings.TLS_CERT_FILE ? 'https' : 'http';
  const gateway = originOf(scheme, settings.HOST, settings.PORT);
  const livePage = `${originOf(scheme, bound.address, bound.port)}/__dev`;
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
      `  live page          ${pc.cyan(livePage)}   ${pc.dim('requests as they come, who calls whom, tokens, keys')}`,
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
      step('where its time went', `npm run -s itok -- trace last${logPlace(settings)}`),
      `Or watch all of it: ${pc.cyan('npm run demo')}`,
      '',
      '',
    ].join('\n'),
  );
}
