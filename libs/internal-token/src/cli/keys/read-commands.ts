import { createPublicKey } from 'node:crypto';
import { Command } from 'commander';
import { InternalTokenError } from '../../core/index.js';
import { KeyRing } from '../../gateway/key-ring/index.js';
import type { Paper } from '../terminal.js';
import { findKey } from './find-key.js';
import { type KeyOptions, openKeys, withKeyOptions } from './key-options.js';
import { keysAsJson, printKeys } from './key-table.js';
import { nextSteps, printSteps, stepsAsJson } from './next-steps.js';

/** `list`, `jwks`, `pem`: read-only commands. */
export function readCommands(paper: Paper): Command[] {
  return [listCommand(paper), jwksCommand(paper), pemCommand(paper)];
}

function listCommand(paper: Paper): Command {
  return withKeyOptions(new Command('list').alias('ls').description('shows every key, and what comes next')).action(
    async (options: KeyOptions) => {
      const { directory, rotation, policy } = openKeys(options, paper);
      const problems: string[] = [];
      await directory.load(undefined, (problem) => problems.push(problem));
      const keys = await rotation.keys();
      const steps = nextSteps(keys, rotation, policy, paper.now());
      if (options.json) {
        paper.json({ directory: directory.path, keys: keysAsJson(keys), next: stepsAsJson(steps), problems });
        return;
      }
      for (const problem of problems) paper.warn(problem);
      printKeys(keys, paper);
      printSteps(steps, paper);
    },
  );
}

function jwksCommand(paper: Paper): Command {
  return withKeyOptions(
    new Command('jwks').description(
      'prints the published key set: the public members of every key that is not retired',
    ),
  )
    .addHelpText(
      'after',
      '\nThe same document that the gateway serves at /.well-known/jwks.json, for verifiers that read a file.',
    )
    .action(async (options: KeyOptions) => paper.json((await ringOf(options, paper)).publicJwks()));
}

function pemCommand(paper: Paper): Command {
  return withKeyOptions(
    new Command('pem')
      .description('prints a public key as PEM, for programs that do not read key sets')
      .argument('[key]', 'its id, or at least its first four characters; default: the active key'),
  ).action(async (given: string | undefined, options: KeyOptions) => {
    const ring = await ringOf(options, paper);
    const keyId = given === undefined ? ring.active.keyId : findKey(ring.keys, given).keyId;
    const jwk = ring.publicJwks().keys.find((key) => key['kid'] === keyId);
    if (jwk === undefined)
      throw new InternalTokenError('configuration_invalid', `${keyId} is retired and no longer published.`);
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
    if (options.json) paper.json({ keyId, pem });
    else paper.line(pem.trimEnd());
  });
}

/** Opens the keys as a gateway would, to print what it publishes. */
async function ringOf(options: KeyOptions, paper: Paper): Promise<KeyRing> {
  const { directory } = openKeys(options, paper);
  const ring = await KeyRing.open({
    directory: directory.path,
    now: paper.now,
    onEvent: (event) => {
      if (event.type === 'key_problem') paper.warn(event.reason);
    },
  });
  await ring.close();
  return ring;
}
