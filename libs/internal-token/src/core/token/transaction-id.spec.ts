import { isTransactionId, newSpanId, newTransactionId } from './transaction-id.js';

describe('transaction ids', () => {
  it('R13: 100,000 ids have no duplicate', () => {
    const ids = new Set<string>();
    for (let i = 0; i < 100_000; i += 1) ids.add(newTransactionId());
    expect(ids.size).toBe(100_000);
  });

  it('R14: an id is a UUIDv7 as 32 lower-case hex digits that starts with the time', () => {
    const before = Date.now();
    const id = newTransactionId();
    expect(id).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    const time = Number.parseInt(id.slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });

  it('R14: every random bit of an id varies', () => {
    let ones = 0n;
    let zeros = 0n;
    for (let i = 0; i < 200; i += 1) {
      ones |= BigInt(`0x${newTransactionId()}`);
      zeros |= ~BigInt(`0x${newTransactionId()}`) & ((1n << 128n) - 1n);
    }
    const random = BigInt('0x00000000000000000fff3fffffffffffffff');
    expect(ones & random).toBe(random);
    expect(zeros & random).toBe(random);
  });

  it('isTransactionId accepts only its own form', () => {
    expect(isTransactionId(newTransactionId())).toBe(true);
    for (const other of [
      '',
      'a'.repeat(32),
      newTransactionId().toUpperCase(),
      `${newTransactionId()}\n`,
      7,
      undefined,
    ]) {
      expect(isTransactionId(other)).toBe(false);
    }
  });

  it('span ids are 16 hex digits and differ', () => {
    const ids = new Set(Array.from({ length: 10_000 }, newSpanId));
    expect(ids.size).toBe(10_000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
  });
});
