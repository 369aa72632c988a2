import { createPrivateKey, createPublicKey, KeyObject, type PrivateKeyInput } from 'node:crypto';
import {
  createSigner,
  InternalTokenError,
  isSigningAlgorithm,
  type Signer,
  type SigningAlgorithm,
} from '../../core/index.js';
import type { JwtKey, JwtKeySetup } from './jwt-key-setup.js';

/**
 * A signer on the key that a team has set up for `@nestjs/jwt`: `privateKey` or `secretOrKeyProvider`, with
 * `signOptions.algorithm` and `signOptions.keyid`. The provider is asked once, at start.
 * @throws InternalTokenError `configuration_invalid` for a shared secret, an HMAC algorithm, or keys that are no pair
 */
export async function signerFromJwtOptions(options: JwtKeySetup): Promise<Signer> {
  const algorithm = asymmetric(options.signOptions?.algorithm);
  const key = readPrivateKey(await givenKey(options));
  if (options.publicKey !== undefined) requirePair(key, options.publicKey);
  const keyId = options.signOptions?.keyid;
  return createSigner({
    key,
    ...(algorithm !== undefined && { algorithm }),
    ...(keyId !== undefined && { keyId }),
  });
}

async function givenKey(options: JwtKeySetup): Promise<JwtKey> {
  if (options.secretOrKeyProvider !== undefined) {
    const { JwtSecretRequestType } = await import('@nestjs/jwt');
    return options.secretOrKeyProvider(JwtSecretRequestType.SIGN, {}, options.signOptions ?? {});
  }
  // JwtService would sign with the secret wherever there is one, whatever else is set.
  if (options.secret !== undefined || options.secretOrPrivateKey !== undefined) {
    throw invalid('"secret" and "secretOrPrivateKey" are for shared secrets; set "privateKey" instead');
  }
  if (options.privateKey === undefined) throw invalid('there is no key; set "privateKey" or "secretOrKeyProvider"');
  return options.privateKey;
}

function readPrivateKey(given: JwtKey): KeyObject {
  if (given instanceof KeyObject) {
    if (given.type === 'private') return given;
    throw invalid(`the signing key is a ${given.type} key; an internal token needs a private one`);
  }
  try {
    return createPrivateKey(
      typeof given === 'object' && 'key' in given ? (given as PrivateKeyInput) : (given as string | Buffer),
    );
  } catch {
    // The cause is dropped on purpose: a parser's message may quote its input.
    throw invalid('the signing key is not a readable private key (PEM); a shared secret cannot sign internal tokens');
  }
}

function requirePair(privateKey: KeyObject, given: JwtKey): void {
  let publicKey: KeyObject;
  try {
    publicKey =
      given instanceof KeyObject ? given : createPublicKey(given as Exclude<JwtKey, KeyObject> as string | Buffer);
  } catch {
    throw invalid('"publicKey" is not a readable public key (PEM)');
  }
  if (publicKey.type !== 'public' || !createPublicKey(privateKey).equals(publicKey)) {
    throw invalid('"publicKey" is not the public half of the signing key');
  }
}

function asymmetric(algorithm: string | undefined): SigningAlgorithm | undefined {
  if (algorithm === undefined || isSigningAlgorithm(algorithm)) return algorithm;
  throw invalid(`"signOptions.algorithm" is ${algorithm}; use ES256, ES384, ES512, RS256 or PS256`);
}

function invalid(finding: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `InternalTokenIssuingModule: in option "jwt" ${finding}.`);
}
