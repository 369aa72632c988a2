import type { IncomingMessage } from 'node:http';
import { AddressSet, clientAddress, peerAddress } from './client-address.js';

const from = (remoteAddress: string | undefined, ...forwardedFor: readonly string[]): IncomingMessage =>
  ({
    socket: { remoteAddress },
    rawHeaders: forwardedFor.flatMap((value) => ['X-Forwarded-For', value]),
  }) as unknown as IncomingMessage;

describe('AddressSet', () => {
  it('contains blocks and single addresses of both families', () => {
    const set = new AddressSet(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::1']);
    for (const address of ['10.0.0.1', '10.255.255.255', '192.0.2.7', 'fd12::1', '::1'])
      expect(set.has(address)).toBe(true);
    for (const address of ['11.0.0.1', '192.0.2.8', 'fe80::1', '::2', '', 'localhost'])
      expect(set.has(address)).toBe(false);
  });

  it.each(['', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', 'proxy', '10.0.0.0/a'])(
    'names an invalid entry: %j',
    (entry) => {
      expect(() => new AddressSet([entry])).toThrow(`"${entry}"`);
    },
  );
});

describe('clientAddress', () => {
  const proxies = new AddressSet(['10.0.0.0/8', '::1']);
  const client = (request: IncomingMessage): string => clientAddress(request, peerAddress(request), proxies);

  it.each([
    ['the socket’s peer', from('203.0.113.9'), '203.0.113.9'],
    ['an IPv4 peer on a dual-stack socket', from('::ffff:203.0.113.9'), '203.0.113.9'],
    ['nothing once the socket is gone', from(undefined), ''],
    ['the peer if it is not trusted, whatever it says (R46)', from('203.0.113.9', '6.6.6.6'), '203.0.113.9'],
    ['the hop before a proxy', from('10.0.0.1', '203.0.113.9'), '203.0.113.9'],
    ['the hop before a proxy on a dual-stack socket', from('::ffff:10.0.0.1', '203.0.113.9'), '203.0.113.9'],
    ['the last hop that is not a proxy', from('10.0.0.1', '6.6.6.6, 203.0.113.9, 10.0.0.2'), '203.0.113.9'],
    [
      'the last hop that is not a proxy, across several fields',
      from('10.0.0.1', '6.6.6.6', '203.0.113.9', '10.0.0.2'),
      '203.0.113.9',
    ],
    ['a hop without its port', from('10.0.0.1', '203.0.113.9:443'), '203.0.113.9'],
    ['an IPv6 hop in brackets', from('::1', '[2001:db8::7]:443'), '2001:db8::7'],
    ['a link-local peer without its zone', from('fe80::1%eth0'), 'fe80::1'],
    ['a link-local hop without its zone', from('10.0.0.1', 'fe80::1%a'), 'fe80::1'],
    ['the first proxy if there are only proxies', from('10.0.0.1', '10.0.0.3, 10.0.0.2'), '10.0.0.3'],
    ['the last address before rubbish', from('10.0.0.1', '6.6.6.6, <script>, 10.0.0.2'), '10.0.0.2'],
    ['the proxy if its field is useless', from('10.0.0.1', '', ' , '), '10.0.0.1'],
  ])('returns %s', (_name, request, expected) => {
    expect(client(request)).toBe(expected);
  });

  it('does not walk an endless list to its end', () => {
    expect(client(from('10.0.0.1', `6.6.6.6${', 10.0.0.2'.repeat(1_000)}`))).toBe('10.0.0.2');
  });
});
