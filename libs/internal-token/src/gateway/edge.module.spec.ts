import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { generateKeyPairSync } from 'node:crypto';
import { InternalTokenIssuingModule } from './mint/internal-token-issuing.module.js';
import { InternalTokenModule } from '../nest/index.js';
import { EdgeModule } from './edge.module.js';
import type { EdgeOptions } from './edge.options.js';
import { GatewayPipeline } from './gateway-pipeline.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const trust = { trustDomain: 'shop.test' };
const verifying = InternalTokenModule.forRoot({
  ...trust,
  service: 'gateway',
  keys: { publicKeys: [{ key: publicKey }] },
});
const issuing = InternalTokenIssuingModule.forIssuing({ ...trust, signing: { key: privateKey } });
// Nothing listens there: the gateway starts all the same and keeps asking.
const options: EdgeOptions = {
  routes: { table: [] },
  accessTokens: {
    issuers: [{ issuer: 'http://127.0.0.1:9', audience: 'api', jwksUri: 'http://127.0.0.1:9/jwks' }],
    allowInsecureLoopback: true,
  },
};

describe('EdgeModule', () => {
  it('takes its options from a factory', async () => {
    @Module({
      imports: [verifying, issuing, EdgeModule.forRootAsync({ useFactory: () => Promise.resolve(options) })],
    })
    class Gateway {}
    const app = await NestFactory.createApplicationContext(Gateway, { logger: false, abortOnError: false });
    expect(app.get(GatewayPipeline, { strict: false })).toBeInstanceOf(GatewayPipeline);
    await app.close();
  });

  it('stops the start without the module that issues, and says which', async () => {
    @Module({ imports: [verifying, EdgeModule.forRoot(options)] })
    class Gateway {}
    await expect(NestFactory.createApplicationContext(Gateway, { logger: false, abortOnError: false })).rejects.toThrow(
      /InternalTokenIssuingModule\.forIssuing/,
    );
  });
});
