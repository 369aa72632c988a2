import { Command, InvalidArgumentError, Option } from 'commander';
import { InternalTokenError, readSecretFile, type SigningAlgorithm } from '../../core/index.js';
import { UnsafeKeyChange } from '../../gateway/key-ring/index.js';
import type { Paper } from '../terminal.js';
import { findKey } from './find-key.js';
import { type KeyOptions, openKeys, withKeyOptions } from './key-options.js';
import { keysAsJson } from './key-table.js';
import { nextSteps, printSteps, stepsAsJson } from './next-steps.js';

/** `new`, `rotate`, `retire`. */
export function changeCommands(paper: Paper): Command[] {
  return [newCommand(paper), rotateCommand(paper), retireCommand(paper)];
}

function newCommand(paper: Paper): Command {
  return withKeyOptions(
    new Command('new')
      .description('creates a key; the first one signs at once, later ones are published and wait')
      .addOption(
        new Option(
          '-a, --algorithm <name>',
          'ES256, ES384, ES512, EdDSA, RS256 or PS256 (default: that of the active key, or ES256 for the first key)',
        ).env('INTERNAL_TOKEN_ALGORITHM'),
      )
      .option('--modulus-bits <bits>', 'for RSA only: 2048 to 8192 (default: 3072)', bitsOf)
      .option('--from <file>', 'import this private key (PEM or JWK) instead of creating one; it keeps its id'),
  )
    .addHelpText(
      'after',
      `
Only its owner can read the file (0600, the directory 0700). It is named after the key id, the
RFC 7638 thumbprint. Use the algorithm that verifiers accept (INTERNAL_TOKEN_ALGORITHM).

Examples
  nestjs-internal-token keys new
  nestjs-internal-token keys new --algorithm RS256 --modulus-bits 3072
  nestjs-internal-token keys new --from /run/secrets/internal-token-key.pem`,
    )
    .action(async (options: KeyOptions & NewOptions) => {
      const { rotation } = openKeys(options, paper, {
        ...(options.algorithm !== undefined && { algorithm: options.algorithm as SigningAlgorithm }),
        ...(options.modulusBits !== undefined && { modulusBits: options.modulusBits }),
      });
      const keyId = await rotation.create(options.from === undefined ? undefined : await readOwn(options.from, paper));
      const state = (await rotation.keys()).find((key) => key.keyId === keyId)?.state;
      const does = state === 'active' ? 'signs' : 'is published and does not sign yet';
      await report(`${keyId} ${does}.`, keyId, options, paper);
    });
}

interface NewOptions {
  readonly algorithm?: string;
  readonly modulusBits?: number;
  readonly from?: string;
}

function rotateCommand(paper: Paper): Command {
  return withKeyOptions(
    new Command('rotate')
      .description('makes the next key sign, a waiting one or a new one, as soon as every verifier has it')
      .option('--now', 'do not wait until verifiers have fetched the key')
      .option('--force', 'with --now: even if verifiers then refuse valid tokens'),
  )
    .addHelpText(
      'after',
      `
No second step is needed: all replicas of the gateway switch by themselves at the planned moment.
Running it again before then changes nothing.

Examples
  nestjs-internal-token keys rotate
  nestjs-internal-token keys rotate --now --force      the active key is compromised, and waiting would be worse`,
    )
    .action(async (options: KeyOptions & { now?: boolean; force?: boolean }) => {
      const { rotation, policy } = openKeys(options, paper);
      if (options.now) {
        const waiting = (await rotation.keys()).find(({ state }) => state === 'published');
        const notBefore = waiting ? rotation.safeActivation(waiting) : paper.now() + policy.publishAheadSeconds * 1000;
        const unsafe =
          notBefore > paper.now() &&
          new UnsafeKeyChange(
            'not every verifier knows the next key yet',
            consequence(policy.refreshIntervalSeconds),
            notBefore,
          );
        if (unsafe && !options.force) throw unsafe;
        if (unsafe) paper.warn(`${unsafe.consequence}.`);
      }
      const { keyId, activateAt, changed } = await rotation.rotate(options.now);
      const signs = activateAt > paper.now() ? `signs from ${paper.moment(activateAt)}` : 'signs now';
      await report(`${keyId} ${signs}${changed ? '' : ', as already planned'}.`, keyId, options, paper);
    });
}

function consequence(refreshIntervalSeconds: number): string {
  return (
    `services fetch the unknown key at its first token, a few times a minute at most; a service that cannot refuses ` +
    `valid tokens for up to ${refreshIntervalSeconds} s`
  );
}

function retireCommand(paper: Paper): Command {
  return withKeyOptions(
    new Command('retire')
      .description('removes a key from the published set and deletes its private part')
      .argument('<key>', 'its id, or at least its first four characters')
      .option('--force', 'even if valid tokens are then refused; for a stolen key'),
  )
    .addHelpText(
      'after',
      `
The active key needs --force: the waiting key, or a new one, signs in its place at once.

Examples
  nestjs-internal-token keys retire kD3x               refused, with the time, while its tokens are valid
  nestjs-internal-token keys retire kD3x --force       stolen: refused everywhere within a refresh interval`,
    )
    .action(async (given: string, options: KeyOptions & { force?: boolean }) => {
      const { rotation } = openKeys(options, paper);
      const { keyId } = findKey(await rotation.keys(), given);
      try {
        await rotation.retire(keyId);
      } catch (error) {
        if (!(error instanceof UnsafeKeyChange) || !options.force) throw error;
        paper.warn(`${error.consequence}.`);
        await rotation.retire(keyId, true);
      }
      await report(`${keyId} is retired; its private part is deleted.`, keyId, options, paper);
    });
}

/** Prints what was done, and the next safe steps. */
async function report(done: string, keyId: string, options: KeyOptions, paper: Paper): Promise<void> {
  const { rotation, policy } = openKeys(options, paper);
  const keys = await rotation.keys();
  const steps = nextSteps(keys, rotation, policy, paper.now());
  if (options.json) {
    paper.json({ keyId, keys: keysAsJson(keys), next: stepsAsJson(steps) });
    return;
  }
  paper.line(`${paper.pen.green('✓')} ${done}`);
  printSteps(steps, paper);
}

async function readOwn(path: string, paper: Paper): Promise<string> {
  try {
    return await readSecretFile(path, (problem) => paper.warn(`${path}: ${problem}.`));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InternalTokenError('configuration_invalid', `${path}: ${code ?? message}`);
  }
}

function bitsOf(text: string): number {
  const bits = Number(text);
  if (Number.isInteger(bits)) return bits;
  throw new InvalidArgumentError('Give a whole number from 2048 to 8192.');
}
