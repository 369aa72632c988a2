// Ours: the gateway as in the README's files, on Fastify, with every default.
import 'reflect-metadata';
import { createPrivateKey } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { GracefulShutdown } from 'nestjs-internal-token';
import { InternalTokenGatewayModule, reflectRoutes } from 'nestjs-internal-token/gateway';
import { InternalTokenLogger, InternalTokenLoggingModule } from 'nestjs-internal-token/logging';
import { ItemsController } from './items.controller.mjs';
import { settings } from './settings.mjs';

const { access, internal, upstream, log, port } = settings;

class GatewayModule {}
Module({
  imports: [
    InternalTokenGatewayModule.forRoot({
      trustDomain: internal.audience,
      issuer: internal.issuer,
      signing: { key: createPrivateKey({ key: internal.privateJwk, format: 'jwk' }) },
      accessTokens: {
        issuers: [
          {
            issuer: access.issuer,
            audience: access.audience,
            jwksUri: access.jwksUri,
            claims: { tenant: 'tenant', permissions: 'roles' },
          },
        ],
        allowInsecureLoopback: true,
      },
      routes: { table: reflectRoutes([ItemsController], 'items') },
      forwarding: { upstreams: { items: { origin: upstream } } },
      internalListener: { host: '127.0.0.1', port: 0 },
    }),
    ...(log ? [InternalTokenLoggingModule.forRoot()] : []),
  ],
})(GatewayModule);

const logger = new InternalTokenLogger({ service: 'gateway', level: 'info' });
const app = await NestFactory.create(GatewayModule, new FastifyAdapter(), { logger });
GracefulShutdown.enable(app);
await app.listen(port, '127.0.0.1');
