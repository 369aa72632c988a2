import { Forge, ISSUER, TRUST_DOMAIN } from './support/forge.js';

describe('near misses of issuer and audience', () => {
  let forge: Forge;
  beforeEach(async () => {
    forge = await Forge.create();
  });

  it.each([
    undefined,
    null,
    '',
    'other',
    ISSUER.toUpperCase(),
    `${ISSUER}/`,
    `${ISSUER} `,
    ` ${ISSUER}`,
    `${ISSUER}\u0000`,
    ISSUER.slice(0, -1),
    `${ISSUER}x`,
    'api\u200b_gateway',
    [ISSUER],
    { [ISSUER]: ISSUER },
    true,
  ])('R68: refuses iss %j', async (iss) => {
    expect(await forge.refusal(forge.token({ iss }))).toBe('txn_issuer');
  });

  it.each([
    'other.example',
    TRUST_DOMAIN.toUpperCase(),
    `${TRUST_DOMAIN}.`,
    `${TRUST_DOMAIN}/`,
    `https://${TRUST_DOMAIN}`,
    `sub.${TRUST_DOMAIN}`,
    `${TRUST_DOMAIN} other.example`,
    `${TRUST_DOMAIN},other.example`,
    TRUST_DOMAIN.slice(1),
    '*',
    ['other.example'],
    [TRUST_DOMAIN.toUpperCase(), 'other.example'],
  ])('R62, R78: refuses aud %j, even if signed by a known key', async (aud) => {
    expect(await forge.refusal(forge.token({ aud }))).toBe('txn_audience');
  });

  it.each([undefined, null, '', 7, true, {}, [], [[TRUST_DOMAIN]], [TRUST_DOMAIN, 7], [TRUST_DOMAIN, '']])(
    'R75: refuses an aud that is the JSON value %j',
    async (aud) => {
      expect(await forge.refusal(forge.token({ aud }))).toBe('txn_claims_invalid');
    },
  );

  it('R62: accepts an aud array that contains the trust domain', async () => {
    expect(await forge.accept(forge.token({ aud: ['other.example', TRUST_DOMAIN] }))).toMatchObject({
      userId: 'user-7',
    });
  });
});
