import { jest } from '@jest/globals';
import { type ForwardedRequest, RecordedShop } from '../../../test/support/requests/recorded-shop.js';
import { COUNTED, type Counted } from '../../../test/support/requests/request-recorder.js';

// Starts processes.
jest.setTimeout(300_000);

/**
 * The most that a warm, forwarded GET without a body may cost, where the handler writes one line. Times differ from
 * machine to machine; these counts do not. Lower one with the code that lowers it.
 */
const MOST: Readonly<Record<keyof ForwardedRequest, Readonly<Record<Counted, number>>>> = {
  gateway: {
    // The one internal token. The access token is remembered, so that nothing is verified.
    signatures: 1,
    verifications: 0,
    // The end of the response, twice: for the span and the open request, and for the transfer.
    listeners: 2,
    // All transfers share the timer of their upstream.
    timers: 0,
    // Cleaning, counting Host fields, reading the credentials, composing the forwarded fields.
    headerPasses: 4,
    // The request's; then, for undici, that of calls which belong to no request and already carry the token.
    contexts: 2,
    // Head and body go into one packet.
    socketWrites: 1,
    // The end of the span.
    lines: 1,
    lineWrites: 1,
  },
  service: {
    signatures: 0,
    // Each request has a token of its own, so that a cache cannot help.
    verifications: 1,
    // The end of the response, for the span and the open request.
    listeners: 1,
    timers: 0,
    // For `Txn-Token`, which may be there only once.
    headerPasses: 1,
    // The request's, and that of nestjs-cls for code of the application.
    contexts: 2,
    socketWrites: 1,
    // The handler's, and the end of the span.
    lines: 2,
    lineWrites: 2,
  },
};

describe('One forwarded GET', () => {
  let shop: RecordedShop;
  let recorded: ForwardedRequest;
  beforeAll(async () => {
    shop = await RecordedShop.start();
    recorded = await shop.record();
  });
  afterAll(() => shop?.close());

  it.each(COUNTED)('the counter of %s counts', (kind) => {
    expect(shop.before.flatMap((places) => places[kind])).not.toEqual([]);
  });

  describe.each(['gateway', 'service'] as const)('in the %s', (role) => {
    it.each(COUNTED)('costs no more %s than it has to', (kind) => {
      const { places } = recorded[role];
      // On failure the message shows where they were made.
      if (places[kind].length > MOST[role][kind]) expect(places[kind]).toEqual([]);
      expect(places[kind].length).toBeLessThanOrEqual(MOST[role][kind]);
    });
  });

  it('has one signature, one verification and its lines', () => {
    const { gateway, service } = recorded;
    expect(gateway.places.signatures).toHaveLength(1);
    expect(service.places.verifications).toHaveLength(1);
    expect(gateway.places.lines).toEqual(['GET /orders/:id']);
    expect(service.places.lines).toEqual(['looking it up', 'GET /orders/:id']);
  });
});
