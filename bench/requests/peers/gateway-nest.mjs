// `nest`: the gateway that a Nest team writes first. Express, a guard with jose, a controller that forwards with
// @nestjs/axios as a stream. Decorators are called as functions, so that this file needs no compiler.
import 'reflect-metadata';
import { Agent } from 'node:http';
import { HttpModule, HttpService } from '@nestjs/axios';
import { All, Controller, Inject, Module, Req, Res, UnauthorizedException, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createRemoteJWKSet, importJWK, jwtVerify, SignJWT } from 'jose';
import { forwardedHeaders, internalClaims, logRequest, settings } from './shared.mjs';

const { access, internal, upstream } = settings;
const keys = createRemoteJWKSet(new URL(access.jwksUri));
const signingKey = await importJWK(internal.privateJwk, 'ES256');
const header = { alg: 'ES256', typ: 'txntoken+jwt', kid: internal.privateJwk.kid };

class AccessTokenGuard {
  async canActivate(context) {
    const request = context.switchToHttp().getRequest();
    try {
      const token = (request.headers.authorization ?? '').slice(7);
      const { payload } = await jwtVerify(token, keys, { issuer: access.issuer, audience: access.audience });
      const claims = internalClaims(payload, request);
      request.txn = claims.txn;
      request.internalToken = await new SignJWT(claims).setProtectedHeader(header).sign(signingKey);
      return true;
    } catch {
      throw new UnauthorizedException();
    }
  }
}

class ForwardController {
  constructor(http) {
    this.http = http;
  }

  async forward(request, response) {
    const startedAt = performance.now();
    const { status, headers, data } = await this.http.axiosRef.request({
      url: upstream + request.url,
      method: request.method,
      headers: forwardedHeaders(request.headers, request.internalToken),
      data: request.headers['content-length'] === undefined ? undefined : request,
    });
    const { connection: _1, 'keep-alive': _2, ...fields } = headers;
    response.writeHead(status, fields);
    data.pipe(response);
    if (logRequest) response.on('finish', () => logRequest(request.txn, request, status, startedAt));
  }
}
Inject(HttpService)(ForwardController, undefined, 0);
const { prototype } = ForwardController;
Req()(prototype, 'forward', 0);
Res()(prototype, 'forward', 1);
for (const decorate of [All('*path'), UseGuards(AccessTokenGuard)])
  decorate(prototype, 'forward', Object.getOwnPropertyDescriptor(prototype, 'forward'));
Controller()(ForwardController);

class GatewayModule {}
Module({
  imports: [
    HttpModule.register({
      httpAgent: new Agent({ keepAlive: true, maxSockets: 64 }),
      responseType: 'stream',
      validateStatus: () => true,
      decompress: false,
      maxRedirects: 0,
    }),
  ],
  controllers: [ForwardController],
})(GatewayModule);

const app = await NestFactory.create(GatewayModule, { logger: false, bodyParser: false });
await app.listen(settings.port, '127.0.0.1');
