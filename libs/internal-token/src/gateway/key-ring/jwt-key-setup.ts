import type { KeyObject } from 'node:crypto';

/** A key as `@nestjs/jwt` takes it. */
export type JwtKey = string | Buffer | KeyObject | { readonly key: string | Buffer; readonly passphrase: string };

/** What a team may have set beside it, which is about its own tokens and not looked at here. */
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
 * `JwtModuleOptions` of `@nestjs/jwt` as far as they say what signs. Described here and not imported, so that
 * applications without that package compile, whatever their `skipLibCheck`.
 */
export interface JwtKeySetup {
  readonly privateKey?: JwtKey;
  /** Must be the other half of the private key. */
  readonly publicKey?: JwtKey;
  /** Asked once, at the start. */
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
