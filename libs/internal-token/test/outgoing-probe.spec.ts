import { jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientRequest } from 'node:http';
import { inspect } from 'node:util';
import { InternalTokenModule } from 'nestjs-internal-token';
import { InternalTokenHttpModule } from 'nestjs-internal-token/http';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { probeNodeClient } from '../src/http/outgoing/probe-node-client.js';

interface Internals {
  _header: string | null;
  _storeHeader(firstLine: string, headers: unknown): void;
}

/** Like a release of Node that renders heads by another method. */
class RendersElsewhere extends ClientRequest {
  _implicitHeader(): void {
    (this as unknown as Internals)._header = 'GET / HTTP/1.1\r\nTxn-Token: set-by-the-application\r\n\r\n';
  }
}

/** Like a release of Node that keeps a second copy of the head. */
class KeepsACopy extends ClientRequest {
  copy: unknown;
  override end(...args: unknown[]): this {
    const ended = super.end(...(args as []));
    this.copy = (this as unknown as Internals)._header;
    return ended;
  }
}

/** Like a release of Node that writes before the `socket` event. */
class WritesEarly extends ClientRequest {
  override onSocket(socket: import('node:net').Socket): void {
    socket.write('GET');
    super.onSocket(socket);
  }
}

describe('The probe of node:http', () => {
  it('R162: stops the start if it fails', async () => {
    const tokens = new TestTokenIssuer();
    @Module({
      imports: [
        InternalTokenModule.forRoot({ service: 'shop', trustDomain: 'test', keys: tokens.keys }),
        InternalTokenHttpModule.forRoot({ internalOrigins: [] }),
      ],
    })
    class ShopModule {}
    const start = () => NestFactory.createApplicationContext(ShopModule, { logger: false, abortOnError: false });
    const node = ClientRequest.prototype as unknown as { _implicitHeader(): void };
    const render = jest.spyOn(node, '_implicitHeader').mockImplementation(function (this: ClientRequest) {
      RendersElsewhere.prototype._implicitHeader.call(this);
    } as () => void);
    await expect(start()).rejects.toMatchObject({ code: 'configuration_invalid' });
    render.mockRestore();
    await (await start()).close();
  });

  it('R162: accepts this version of Node', async () => {
    await expect(probeNodeClient()).resolves.toBeUndefined();
  });

  it.each([
    ['renders heads by another method', RendersElsewhere, 'is not sent with the fields that were set last'],
    ['keeps a second copy of the head', KeepsACopy, 'keeps the token'],
    ['writes before the socket event', WritesEarly, 'is written before its socket is known'],
  ])('R162: refuses a node:http that %s, and says what to do', async (_how, Request, what) => {
    const error: unknown = await probeNodeClient(Request).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'configuration_invalid' });
    expect(inspect(error)).toContain(what);
    expect(inspect(error)).toContain('Use another release of Node');
  });
});
