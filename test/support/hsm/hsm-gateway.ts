// Run as its own process by soft-hsm.ts: reads one question per line, writes one answer per line.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { createInterface } from 'node:readline';
import { inspect } from 'node:util';
import {
  InternalTokenIssuer,
  InternalTokenIssuingModule,
  KeyRing,
  type Pkcs11Key,
  Pkcs11KeyProvider,
} from 'nestjs-internal-token/gateway';
import pkcs11js from 'pkcs11js';
import { encodedToken, newTransactionId } from '../../../libs/internal-token/src/core/index.js';

const [library = '', token = '', pin = ''] = process.argv.slice(2);
const pkcs11 = new pkcs11js.PKCS11();
pkcs11.load(library);
pkcs11.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK });

let keys: readonly Pkcs11Key[] = [];
let app: Awaited<ReturnType<typeof NestFactory.createApplicationContext>> | undefined;

/** As an operator creates it with the vendor's tool: able to sign and not extractable. */
function makeKey({ label, type }: { label: string; type: 'EC' | 'EC384' | 'RSA' }): void {
  const {
    CKA_TOKEN,
    CKA_LABEL,
    CKA_SIGN,
    CKA_PRIVATE,
    CKA_SENSITIVE,
    CKA_EXTRACTABLE,
    CKA_EC_PARAMS,
    CKA_MODULUS_BITS,
    CKA_PUBLIC_EXPONENT,
  } = pkcs11js;
  const slot = pkcs11.C_GetSlotList(true).find((id) => pkcs11.C_GetTokenInfo(id).label.trim() === token);
  const session = pkcs11.C_OpenSession(slot as Buffer, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
  try {
    pkcs11.C_Login(session, pkcs11js.CKU_USER, pin);
  } catch (error) {
    if ((error as { code: number }).code !== pkcs11js.CKR_USER_ALREADY_LOGGED_IN) throw error;
  }
  const curve = type === 'EC' ? '06082a8648ce3d030107' : '06052b81040022';
  const parameters =
    type === 'RSA'
      ? [
          { type: CKA_MODULUS_BITS, value: 2048 },
          { type: CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
        ]
      : [{ type: CKA_EC_PARAMS, value: Buffer.from(curve, 'hex') }];
  const both = [
    { type: CKA_TOKEN, value: true },
    { type: CKA_LABEL, value: label },
  ];
  pkcs11.C_GenerateKeyPair(
    session,
    { mechanism: type === 'RSA' ? pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN : pkcs11js.CKM_EC_KEY_PAIR_GEN },
    [...both, ...parameters],
    [
      ...both,
      { type: CKA_SIGN, value: true },
      { type: CKA_PRIVATE, value: true },
      { type: CKA_SENSITIVE, value: true },
      { type: CKA_EXTRACTABLE, value: false },
    ],
  );
  pkcs11.C_CloseSession(session);
}

class Root {}

async function open(given: {
  keys: readonly Pkcs11Key[];
  token?: string;
  pin?: string;
  library?: string;
}): Promise<void> {
  keys = given.keys;
  const provider = new Pkcs11KeyProvider({
    library: given.library ?? library,
    token: given.token ?? token,
    pin: () => given.pin ?? pin,
    keys: () => keys,
    sessions: 2,
  });
  const issuing = InternalTokenIssuingModule.forIssuing({
    trustDomain: 'shop',
    signing: { ring: { provider } },
  });
  app = await NestFactory.createApplicationContext(
    { module: Root, imports: [issuing] },
    { logger: false, abortOnError: false },
  );
}

function part<T>(type: Function & { readonly prototype: T }): T {
  if (app === undefined) throw new Error('open first');
  return app.get<T>(type, { strict: false });
}

const ANSWERS: Record<string, (argument: never) => unknown> = {
  makeKey,
  open,
  mint: (count: number) => {
    const input = { userId: 'ada', permissions: [], scope: 'orders.read', authenticated: true };
    const claims = Array.from({ length: count }, () =>
      part(InternalTokenIssuer).mint({ tokenId: newTransactionId(), ...input }),
    );
    return Promise.all(claims.map(async (minted) => encodedToken(minted)));
  },
  asynchronous: () => part(InternalTokenIssuer).asynchronous,
  jwks: () => part(KeyRing).publicJwks(),
  change: async (changed: readonly Pkcs11Key[]) => {
    keys = changed;
    await part(KeyRing).reload();
  },
  // What an HSM does when it restarts.
  loseSessions: () => pkcs11.C_CloseAllSessions(pkcs11.C_GetSlotList(true)[0] as Buffer),
  inspect: () => inspect([app, part(KeyRing), part(InternalTokenIssuer)], { depth: 12, showHidden: true }),
};

for await (const line of createInterface(process.stdin)) {
  const { question, argument } = JSON.parse(line) as { question: string; argument: never };
  try {
    process.stdout.write(`${JSON.stringify({ answer: (await ANSWERS[question]?.(argument)) ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: inspect(error, { depth: 5 }) })}\n`);
  }
}
await app?.close();
