// Ours: a service as in the README's files, on Fastify, with every default.
import 'reflect-metadata';
import { HttpModule } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { GracefulShutdown, InternalTokenModule } from 'nestjs-internal-token';
import { InternalTokenHttpModule } from 'nestjs-internal-token/http';
import { InternalTokenLogger, InternalTokenLoggingModule } from 'nestjs-internal-token/logging';
import { ItemsController } from './items.controller.mjs';
import { settings } from './settings.mjs';

const { internal, next, log, port } = settings;

class ServiceModule {}
Module({
  imports: [
    InternalTokenModule.forRoot({
      service: 'items',
      trustDomain: internal.audience,
      issuer: internal.issuer,
      keys: { jwksUri: internal.jwksUri },
    }),
    InternalTokenHttpModule.forRoot({ internalOrigins: next === undefined ? {} : { next } }),
    ...(log ? [InternalTokenLoggingModule.forRoot()] : []),
    HttpModule,
  ],
  controllers: [ItemsController],
})(ServiceModule);

const logger = new InternalTokenLogger({ service: 'items', level: 'info' });
const app = await NestFactory.create(ServiceModule, new FastifyAdapter(), { logger });
GracefulShutdown.enable(app);
await app.listen(port, '127.0.0.1');
