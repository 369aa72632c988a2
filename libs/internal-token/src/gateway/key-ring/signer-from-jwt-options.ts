import { createPrivateKey, createPublicKey, KeyObject, type PrivateKeyInput } from 'node:crypto';
import { createSigner, isSigningAlgorithm, OptionPath, type Signer, type SigningAlgorithm } from '../../core/index.js';
import type { JwtKey, JwtKeySetup } from './jwt-key-setup.js';

/**
 * Creates a signer from the key that a team has set up for `@nestjs/jwt`: `privateKey` or `secretOrKeyProvider`, with
 * `signOptions.algorithm` and `signOptions.keyid`. The provider is called once, at the start.
 * @throws InternalTokenError `configuration_invalid` for a shared secret, an HMAC algorithm, or keys that do not match
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
  // JwtService prefers a secret to every other setting.
  if (options.secret !== undefined || options.secretOrPrivateKey !== undefined) {
    throw invalid('"secret" or "secretOrPrivateKey" is set, which are for shared secrets; set "privateKey" instead');
  }
  if (options.privateKey === undefined) throw invalid('there is no key; set "privateKey" or "secretOrKeyProvider"');
  return options.privateKey;
}

function readPrivateKey(given: JwtKey): KeyObject {
  if (given instanceof KeyObject) {
    if (given.type === 'private') return given;
    throw invalid(`the signing key is a ${given.type} key; give a private key`);
  }
  try {
    return createPrivateKey(
      typeof given === 'object' && 'key' in given ? (given as PrivateKeyInput) : (given as string | Buffer),
    );
  } catch {
    // The cause is dropped on purpose: a parser's message may quote its input.
    throw invalid(
      'the signing key is not a readable private key (PEM); give one, since a shared secret cannot sign internal tokens',
    );
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
    throw invalid('"publicKey" does not match the signing key');
  }
}

function asymmetric(algorithm: string | undefined): SigningAlgorithm | undefined {
  if (algorithm === undefined || isSigningAlgorithm(algorithm)) return algorithm;
  throw invalid(`"signOptions.algorithm" is ${algorithm}; use ES256, ES384, ES512, RS256 or PS256`);
}

function invalid(finding: string): Error {
  return new OptionPath('InternalTokenIssuingModule', 'signing.jwt').refused(`is not accepted: ${finding}`);
}
