// `nest, hook`: what a Nest application can reach. The limit's own code runs in a listener of Nest's HTTP server, before
// the router, inside the context of nestjs-cls.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ClsModule, ClsServiceManager } from 'nestjs-cls';
import { newAuthenticator, refuse } from './authenticate.mjs';
import { newForwarder } from './forward.mjs';
import { forwardedHeaders, logRequest, settings } from './shared.mjs';

class GatewayModule {}
Module({ imports: [ClsModule.forRoot({ global: true, middleware: { mount: false } })] })(GatewayModule);

const app = await NestFactory.create(GatewayModule, new FastifyAdapter(), { logger: false });
await app.init();
const cls = ClsServiceManager.getClsService();
const authenticate = await newAuthenticator();
const forward = newForwarder(settings.upstream);

const server = app.getHttpServer();
server.removeAllListeners('request');
server.on('request', (request, response) => {
  const startedAt = logRequest && performance.now();
  let authenticated;
  try {
    authenticated = authenticate(request);
  } catch {
    return refuse(response);
  }
  const { txn, claims, token } = authenticated;
  const done = logRequest && (() => logRequest(txn, request, response.statusCode, startedAt));
  const headers = forwardedHeaders(request.headers, token);
  cls.runWith({ txn, claims }, () => forward(request, response, headers, done));
});
await app.listen(settings.port, '127.0.0.1');
