import { Command } from 'commander';
import type { Paper } from '../terminal.js';
import { changeCommands } from './change.commands.js';
import { KEYS, KEYS_DESCRIPTION } from './keys.name.js';
import { readCommands } from './read.commands.js';

const HELP = `
The life of a key
  published   verifiers can learn of it; it signs nothing yet
  active      it signs; there is always exactly one
  retiring    it signs no more; what it has signed is still accepted
  retired     gone from the published set, its private half deleted

A change that comes too early makes verifiers refuse good tokens. Two overlaps prevent that:
publish-ahead (as long as the slowest verifier waits between two refreshes, and some) and
retire-after (as long as a token is accepted, and some). Every command says what is safe next,
and from when on.

Examples
  itok keys new -d /var/lib/shop/keys       the first key; the gateway can start
  itok keys list -d /var/lib/shop/keys      what there is, and what comes next
  itok keys rotate -d /var/lib/shop/keys    a new key signs as soon as everybody has it
  itok keys retire <key>                    the old one goes (a few first characters are enough)
  itok keys jwks > jwks.json                the public keys, for verifiers that read a file
  itok keys pem                             the active public key, for a proxy
  itok keys new --from key.pem              a key that you have becomes the first of a ring

With INTERNAL_TOKEN_KEYS_DIRECTORY, INTERNAL_TOKEN_ROTATION and INTERNAL_TOKEN_TTL_SECONDS set
as for the gateway, none of the options is needed.`;

/** `itok keys …`: the keys in a directory that replicas of a gateway share. */
export function keysCommand(paper: Paper): Command {
  const keys = new Command(KEYS).description(KEYS_DESCRIPTION).addHelpText('after', HELP);
  for (const command of [...changeCommands(paper), ...readCommands(paper)]) keys.addCommand(command);
  return keys;
}
