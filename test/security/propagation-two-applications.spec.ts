import { type Caller, clientsOf, Peer, refusalOf, startCaller } from './support/outgoing.js';

describe('two applications in one process', () => {
  let first: Caller;
  let second: Caller;
  let mine: Peer;
  let theirs: Peer;

  beforeAll(async () => {
    mine = await new Peer().listen();
    theirs = await new Peer().listen();
    first = await startCaller({ internalOrigins: [mine.origin] }, 'first');
    second = await startCaller({ internalOrigins: [theirs.origin] }, 'second');
  });
  afterAll(async () => {
    await first.close();
    await second.close();
    await Promise.all([mine.close(), theirs.close()]);
  });

  it.each(clientsOf(() => first))(
    'R91: send their tokens only to their own services, with $client',
    async ({ call }) => {
      await first.as('ada', () => call(mine.origin));
      expect(mine.last.tokens).toHaveLength(1);
      await first.as('ada', () => call(theirs.origin));
      expect(theirs.last.tokens).toEqual([]);
      await second.as('alan', () => call(theirs.origin));
      expect(theirs.last.tokens).toHaveLength(1);
      await second.as('alan', () => call(mine.origin));
      expect(mine.last.tokens).toEqual([]);
    },
  );

  it('keep separate counters and close separately', async () => {
    const third = await startCaller({ internalOrigins: [mine.origin, theirs.origin] }, 'third');
    const before = first.propagation.attached;
    await third.as('ada', () => fetch(theirs.origin));
    expect(third.propagation.attached).toBe(1);
    expect(first.propagation.attached).toBe(before);
    expect(await refusalOf(fetch(theirs.origin))).toBe('txn_no_context');
    await third.close();
    await first.as('ada', () => fetch(mine.origin));
    expect(mine.last.tokens).toHaveLength(1);
    await first.as('ada', () => fetch(theirs.origin));
    expect(theirs.last.tokens).toEqual([]);
  });

  it('restore the clients when the last one closes', async () => {
    await first.close();
    await second.close();
    await fetch(mine.origin, { headers: { 'Txn-Token': 'as-it-is' } });
    expect(mine.last.tokens).toEqual(['as-it-is']);
  });
});
