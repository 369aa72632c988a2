import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { InternalPeer } from './internal-peer.js';

/** A connection, as far as a peer looks at it. */
const seen = <Kind extends Duplex>(kind: Kind, of: object): Kind => {
  for (const [name, value] of Object.entries(of)) Object.defineProperty(kind, name, { value });
  return kind;
};

describe('InternalPeer', () => {
  const peer = new InternalPeer('orders', new URL('http://10.0.0.5:3003'));

  it('R161: has no objection to a connection that leads to it, or was reset meanwhile', () => {
    expect(peer.objectionTo(seen(new Socket(), { remoteAddress: '10.0.0.5', remotePort: 3003 }))).toBeUndefined();
    expect(peer.objectionTo(seen(new Socket(), { localPort: 50_123 }))).toBeUndefined();
  });

  it.each([
    ['a stream that is no socket and has a local port', new Duplex(), { localPort: 50_123 }],
    ['a stream that is no socket', new Duplex(), {}],
    ['another address', new Socket(), { remoteAddress: '203.0.113.9', remotePort: 3003 }],
    ['another port', new Socket(), { remoteAddress: '10.0.0.5', remotePort: 3004 }],
    ['a unix socket', new Socket(), {}],
  ])('R161: objects to %s', (_what, kind, of) => {
    expect(peer.objectionTo(seen<Duplex>(kind, of))).toContain('The connection for http://10.0.0.5:3003 leads to ');
  });
});
