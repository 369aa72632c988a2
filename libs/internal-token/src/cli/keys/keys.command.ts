import { Command } from 'commander';
import type { Paper } from '../terminal.js';
import { changeCommands } from './change-commands.js';
import { readCommands } from './read-commands.js';

const HELP = `
The life of a key
  published   verifiers can fetch it; it does not sign yet
  active      it signs; there is always exactly one
  retiring    it no longer signs; the tokens it signed are still accepted
  retired     removed from the published set, its private part deleted

A change made too early makes verifiers refuse valid tokens. Two overlaps prevent that:
publish-ahead (the longest time between two refreshes of a verifier, plus a margin) and
retire-after (the longest time that a token is accepted, plus a margin). Every command says
what is safe next, and when.

Examples
  nestjs-internal-token keys new -d /var/lib/shop/keys       the first key; the gateway can start
  nestjs-internal-token keys list -d /var/lib/shop/keys      all keys, and what comes next
  nestjs-internal-token keys rotate -d /var/lib/shop/keys    a new key signs as soon as every verifier has it
  nestjs-internal-token keys retire <key>                    removes the old key (four characters of its id are enough)
  nestjs-internal-token keys jwks > jwks.json                the public keys, for verifiers that read a file
  nestjs-internal-token keys pem                             the active public key, for a proxy
  nestjs-internal-token keys new --from key.pem              an existing key becomes the first of the set

With INTERNAL_TOKEN_KEYS_DIRECTORY, INTERNAL_TOKEN_ROTATION and INTERNAL_TOKEN_TTL_SECONDS set
as for the gateway, no option is needed.`;

/** `nestjs-internal-token keys …`: the keys in a directory that replicas of a gateway share. */
export function keysCommand(paper: Paper): Command {
  const keys = new Command('keys')
    .description('Makes, shows, rotates and removes the keys that internal tokens are signed with.')
    .addHelpText('after', HELP);
  for (const command of [...changeCommands(paper), ...readCommands(paper)]) keys.addCommand(command);
  return keys;
}
