import type { KeyObject } from 'node:crypto';

/** A key as `@nestjs/jwt` takes it. */
export type JwtKey = string | Buffer | KeyObject | { readonly key: string | Buffer; readonly passphrase: string };

/** Further options, which concern the team's own tokens and are ignored here. */
type OtherSignOption =
  | 'expiresIn'
  | 'notBefore'
  | 'audience'
  | 'subject'
  | 'issuer'
  | 'jwtid'
  | 'mutatePayload'
  | 'noTimestamp'
  | 'header'
  | 'encoding'
  | 'allowInsecureKeySizes'
  | 'allowInvalidAsymmetricKeyTypes';

/**
 * The part of `@nestjs/jwt`'s `JwtModuleOptions` that concerns the signing key. Declared here and not imported, so that
 * applications without that package compile with any `skipLibCheck`.
 */
export interface JwtKeySetup {
  readonly privateKey?: JwtKey;
  /** Must match the private key. */
  readonly publicKey?: JwtKey;
  /** Called once, at the start. */
  secretOrKeyProvider?(requestType: number, payload: object, options?: object): JwtKey | Promise<JwtKey>;
  readonly signOptions?: {
    readonly algorithm?: string | undefined;
    readonly keyid?: string | undefined;
  } & { readonly [option in OtherSignOption]?: unknown };
  readonly verifyOptions?: object;
  /** Refused: a shared secret. */
  readonly secret?: JwtKey;
  /** Refused: a shared secret. */
  readonly secretOrPrivateKey?: JwtKey;
  readonly global?: boolean;
}
