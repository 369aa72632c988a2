import dns from 'node:dns';
import net from 'node:net';
import { jest } from '@jest/globals';
import { Forge } from './support/forge.js';

describe('verification without a network', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('R79: verifies 10 000 tokens synchronously with sockets and name resolution blocked', async () => {
    const forge = await Forge.create();
    const blocked = () => {
      throw new Error('the network is blocked');
    };
    const connect = jest.spyOn(net.Socket.prototype, 'connect').mockImplementation(blocked);
    const lookup = jest.spyOn(dns, 'lookup').mockImplementation(blocked as unknown as typeof dns.lookup);
    expect(() => net.connect(1, '127.0.0.1')).toThrow('the network is blocked');
    connect.mockClear();

    const tokens = Array.from({ length: 20 }, () => forge.token());
    const before = forge.verifier.verified;
    for (let i = 0; i < 10_000; i += 1) {
      const claims = forge.verifier.verify(tokens[i % tokens.length] ?? '');
      if (claims instanceof Promise) throw new Error('it waited');
    }
    expect(forge.verifier.verified - before).toBe(10_000);
    expect(connect).not.toHaveBeenCalled();
    expect(lookup).not.toHaveBeenCalled();
  });
});
