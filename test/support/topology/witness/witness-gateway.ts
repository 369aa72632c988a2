import { generateKeyPairSync } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { publishDevelopmentKeys } from '@app/runtime';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { InternalTokenModule } from 'nestjs-internal-token';
import {
  type AccessTokenIssuerOptions,
  EdgeModule,
  InternalTokenIssuer,
  InternalTokenIssuingModule,
  reflectRoutes,
} from 'nestjs-internal-token/gateway';
import { witnessController } from './witness.controller.js';

const TRUST = { trustDomain: 'shop.localhost', issuer: 'api_gateway' };

/** A gateway in the test's own process, where its mints can be counted; everything behind it is elsewhere. */
export class WitnessGateway {
  private constructor(
    private readonly app: NestFastifyApplication,
    readonly url: string,
  ) {}

  /** @param upstreams the services by name; @param directory where they look for the public keys */
  static async start(
    issuers: readonly AccessTokenIssuerOptions[],
    upstreams: Readonly<Record<string, string>>,
    directory: string,
  ): Promise<WitnessGateway> {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const issuing = InternalTokenIssuingModule.forIssuing({ ...TRUST, signing: { key: privateKey } });

    @Module({
      imports: [
        issuing,
        InternalTokenModule.forRootAsync({
          imports: [issuing],
          inject: [InternalTokenIssuer],
          useFactory: (issuer: InternalTokenIssuer) => ({
            ...TRUST,
            service: 'gateway',
            keys: issuer.keys,
          }),
        }),
        EdgeModule.forRoot({
          routes: { table: Object.keys(upstreams).flatMap((name) => reflectRoutes([witnessController(name)], name)) },
          accessTokens: { issuers },
          forwarding: {
            upstreams: Object.fromEntries(Object.entries(upstreams).map(([name, origin]) => [name, { origin }])),
          },
        }),
      ],
    })
    class GatewayModule {}

    const app = await NestFactory.create<NestFastifyApplication>(GatewayModule, new FastifyAdapter(), {
      logger: false,
      abortOnError: false,
    });
    await app.listen(0, '127.0.0.1');
    await publishDevelopmentKeys(directory, app.get(InternalTokenIssuer, { strict: false }).publicJwks());
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    return new WitnessGateway(app, `http://127.0.0.1:${port}`);
  }

  /** Tokens minted and signed so far. */
  get counts(): { readonly minted: number; readonly signed: number } {
    const { minted, signed } = this.app.get(InternalTokenIssuer, { strict: false });
    return { minted, signed };
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
