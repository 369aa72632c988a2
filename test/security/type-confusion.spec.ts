import { Forge } from './support/forge.js';

describe('tokens of another kind', () => {
  let forge: Forge;
  beforeEach(async () => {
    forge = await Forge.create();
  });

  it.each([
    'at+jwt',
    'application/at+jwt',
    'JWT',
    'jwt',
    'wit+jwt',
    'wpt+jwt',
    'secevent+jwt',
    'logout+jwt',
    'dpop+jwt',
    'oauth-authz-req+jwt',
    'txn_token',
    'txntoken',
    'txntoken+jws',
    'txntoken+jwt+x',
    'txntoken+jwt; charset=utf-8',
    'text/txntoken+jwt',
    'application/application/txntoken+jwt',
    ' txntoken+jwt',
    'txntoken+jwt\n',
    '',
  ])('R65: refuses typ %j, even with a valid signature and claims', async (typ) => {
    expect(await forge.refusal(forge.token({}, { typ }))).toBe('txn_type');
  });

  it.each([undefined, null, 7, true, ['txntoken+jwt'], { a: 1 }])(
    'R65: refuses a typ that is the JSON value %j',
    async (typ) => {
      expect(await forge.refusal(forge.token({}, { typ }))).toBe('txn_type');
    },
  );

  it.each(['txntoken+jwt', 'application/txntoken+jwt', 'TXNTOKEN+JWT', 'Application/TxnToken+Jwt'])(
    'R65: accepts typ %j, as media types are case-insensitive',
    async (typ) => {
      expect(await forge.accept(forge.token({}, { typ }))).toMatchObject({ userId: 'user-7' });
    },
  );

  it('R65: does not accept cty in place of typ', async () => {
    expect(await forge.refusal(forge.token({}, { typ: undefined, cty: 'txntoken+jwt' }))).toBe('txn_type');
  });
});
