import { type Command, InvalidArgumentError, Option } from 'commander';
import { InternalTokenError, isJsonObject } from '../../core/index.js';
import {
  KeyDirectory,
  type KeyParameters,
  KeyRotation,
  type RotationPolicy,
  safeRotationPolicy,
  type SafeRotationPolicy,
} from '../../gateway/key-ring/index.js';
import type { Paper } from '../terminal.js';

/** Options of every command on a key directory. */
export interface KeyOptions {
  readonly directory?: string;
  readonly policy: RotationPolicy;
  readonly lifetime: number;
  readonly json?: boolean;
}

export function withKeyOptions(command: Command): Command {
  return command
    .addOption(new Option('-d, --directory <path>', 'the directory of the keys').env('INTERNAL_TOKEN_KEYS_DIRECTORY'))
    .addOption(
      new Option('--policy <json>', "the gateway's rotation policy, which decides what is safe")
        .env('INTERNAL_TOKEN_ROTATION')
        .argParser(policyOf)
        .default({}, 'verifiers refresh every 300 s'),
    )
    .addOption(
      new Option('--lifetime <seconds>', 'lifetime of a token')
        .env('INTERNAL_TOKEN_TTL_SECONDS')
        .argParser(secondsOf)
        .default(60),
    )
    .option('--json', 'print one JSON document, for programs');
}

/** Opens the keys. @throws InternalTokenError without a directory, or with an unsafe policy */
export function openKeys(
  { directory, policy, lifetime }: KeyOptions,
  paper: Paper,
  parameters: KeyParameters = {},
): { readonly directory: KeyDirectory; readonly rotation: KeyRotation; readonly policy: SafeRotationPolicy } {
  if (directory === undefined) {
    throw new InternalTokenError(
      'configuration_invalid',
      'Which keys? Give --directory <path>, or set INTERNAL_TOKEN_KEYS_DIRECTORY.',
    );
  }
  const safe = safeRotationPolicy(policy, lifetime);
  const keys = new KeyDirectory(directory);
  return { directory: keys, policy: safe, rotation: new KeyRotation(keys, safe, parameters, paper.now) };
}

function policyOf(text: string): RotationPolicy {
  try {
    const policy: unknown = JSON.parse(text);
    if (isJsonObject(policy)) return policy;
  } catch {
    // The same answer as for any other invalid text.
  }
  throw new InvalidArgumentError('Give a JSON object, such as {"refreshIntervalSeconds":60}.');
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 300) return seconds;
  throw new InvalidArgumentError('Give whole seconds from 1 to 300.');
}
