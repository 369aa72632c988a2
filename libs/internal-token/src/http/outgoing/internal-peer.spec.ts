import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { InternalPeer } from './internal-peer.js';

/** A connection with the members that a peer looks at. */
const seen = <Kind extends Duplex>(kind: Kind, of: object): Kind => {
  for (const [name, value] of Object.entries(of)) Object.defineProperty(kind, name, { value });
  return kind;
};

describe('InternalPeer', () => {
  const peer = new InternalPeer('orders', new URL('http://10.0.0.5:3003'));

  it('R161: accepts a connection that leads to the peer, or that was reset in the meantime', () => {
    expect(peer.objectionTo(seen(new Socket(), { remoteAddress: '10.0.0.5', remotePort: 3003 }))).toBeUndefined();
    expect(peer.objectionTo(seen(new Socket(), { localPort: 50_123 }))).toBeUndefined();
  });

  it.each([
    ['a stream with a local port that is not a socket', new Duplex(), { localPort: 50_123 }],
    ['a stream that is not a socket', new Duplex(), {}],
    ['a connection to another address', new Socket(), { remoteAddress: '203.0.113.9', remotePort: 3003 }],
    ['a connection to another port', new Socket(), { remoteAddress: '10.0.0.5', remotePort: 3004 }],
    ['a connection to a Unix socket', new Socket(), {}],
  ])('R161: objects to %s', (_what, kind, of) => {
    expect(peer.objectionTo(seen<Duplex>(kind, of))).toContain('The connection for http://10.0.0.5:3003 leads to ');
  });
});
