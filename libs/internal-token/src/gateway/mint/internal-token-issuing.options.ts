import { ConfigurableModuleBuilder } from '@nestjs/common';
import {
  algorithmOption,
  type CustomClaimsSchema,
  ISSUING_CHECKS,
  type KeyInput,
  keyIdOption,
  option,
  OptionPath,
  type Signer,
  type SignerOptions,
} from '../../core/index.js';
import type { JwtKeySetup } from '../key-ring/jwt-key-setup.js';
import { KeyRing, type KeyRingOptions } from '../key-ring/index.js';
import { withSecretValue } from './secret-options.js';

/** What signs: a ring of keys, or one key for good: a signer, a private key, what a team has set up for `@nestjs/jwt`. */
export type SigningOptions =
  /** Keys that change while the gateway runs; an opened one, or what to open at the start. */
  | { readonly ring: KeyRing | KeyRingOptions }
  | { readonly signer: Signer }
  /** A private key, and what it is for. */
  | SignerOptions
  | {
      /** `JwtModuleOptions`: `privateKey`, `publicKey`, `secretOrKeyProvider`, `signOptions.algorithm` and `.keyid` count. */
      readonly jwt: JwtKeySetup;
    };

/** Options of `InternalTokenIssuingModule.forIssuing()`. */
export interface InternalTokenIssuingOptions {
  /** `aud` of every token: the name shared by all services that trust this gateway. No default. */
  readonly trustDomain: string;
  /** `iss` of every token. Default `api_gateway`. */
  readonly issuer?: string;
  /** `req_wl` of every token: the name of this process, without a comma. Default `gateway`. */
  readonly service?: string;
  /** What signs: `{ key }`, `{ ring }`, `{ signer }` or `{ jwt }`. */
  readonly signing: SigningOptions;
  /** Seconds for which a token lives, 1 to 300. Default 60. */
  readonly lifetimeSeconds?: number;
  /** The same schema as the verifiers', so that claims come out equal with and without a hop. */
  readonly customClaims?: CustomClaimsSchema;
}

const SOURCES = ['ring', 'key', 'signer', 'jwt'] as const;

function isKey(given: unknown): boolean {
  return typeof given === 'string' ? /^\s*\{|-----BEGIN /.test(given) : typeof given === 'object';
}

const signingMembers = option.group({
  ring: option.optional(option.instance<KeyRing | KeyRingOptions>('a KeyRing, or the options of one')),
  signer: option.optional(option.instance<Signer>('a Signer: an object with sign()', 'sign')),
  key: option.optional(
    option.secret(option.check<KeyInput>('a private key: PEM text (not a path), JWK or KeyObject', isKey)),
  ),
  algorithm: option.optional(algorithmOption),
  keyId: option.optional(keyIdOption),
  jwt: option.optional(option.instance<JwtKeySetup>('the options of JwtModule')),
});

/** {@link SigningOptions}, checked. */
export type ResolvedSigningOptions = ReturnType<typeof signingMembers>;

/** Checks that there is exactly one of `ring`, `key`, `signer` and `jwt`. The keys themselves are read at the start. */
const signing: option.Check<ResolvedSigningOptions> = (given, at) => {
  const members = signingMembers(given, at);
  const named = SOURCES.filter((name) => members[name] !== undefined);
  if (named.length !== 1) {
    const finding = named.length === 0 ? 'has no signing key' : `has ${named.map((name) => `"${name}"`).join(' and ')}`;
    throw at.refused(`${finding}; give exactly one of ${option.either(SOURCES)}`);
  }
  for (const name of ['algorithm', 'keyId'] as const) {
    if (members[name] === undefined || members.key !== undefined) continue;
    throw at.member(name).refused(`is about "key"; "${named.join('')}" says it itself: leave it out`);
  }
  return members;
};

const { workload, ...common } = ISSUING_CHECKS;

/** The checks of {@link InternalTokenIssuingOptions}. */
export const ISSUING_MODULE_CHECKS = {
  ...common,
  service: option.withDefault('gateway', workload),
  signing,
} satisfies option.ChecksOf<InternalTokenIssuingOptions>;

const checkOptions = option.group(ISSUING_MODULE_CHECKS);

/** {@link InternalTokenIssuingOptions}, checked, complete and frozen. */
export type ResolvedIssuingOptions = ReturnType<typeof checkOptions>;

/** @throws InternalTokenError `configuration_invalid`, naming the option, what was given and what is allowed */
export function resolveIssuingOptions(options: InternalTokenIssuingOptions): ResolvedIssuingOptions {
  return checkOptions(options, new OptionPath('InternalTokenIssuingModule'));
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<InternalTokenIssuingOptions>({ moduleName: 'InternalTokenIssuing' })
    .setClassMethodName('forIssuing')
    .setExtras({}, (definition) => ({
      ...definition,
      providers: (definition.providers ?? []).map((provider) => withSecretValue(provider)),
    }))
    .build();
