import { HarmlessTexts } from './harmless-texts.js';
import { sanitizeName } from './sanitize.js';

describe('HarmlessTexts', () => {
  it('stays small, however many texts there are and however long they are', () => {
    const texts = new HarmlessTexts();
    for (let count = 0; count < 5_000; count++) texts.add(`GET /${count}`);
    expect(texts.has('GET /4999')).toBe(true);
    expect(texts.size).toBeLessThanOrEqual(1_000);
    const long = 'x'.repeat(1_000);
    texts.add(long);
    expect(texts.has(long)).toBe(false);
  });
});

describe('sanitizeName', () => {
  it('redacts a name each time, and keeps a harmless one', () => {
    for (let time = 0; time < 3; time++) {
      expect(sanitizeName('Bearer abc')).toBe('Bearer [redacted]');
      expect(sanitizeName('GET /orders')).toBe('GET /orders');
      expect(sanitizeName('x'.repeat(200))).toContain('… (200 characters)');
    }
  });
});
