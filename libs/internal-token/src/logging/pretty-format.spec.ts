import type { LogLine } from './log-line.js';
import { prettyFormat } from './pretty-format.js';

const line: LogLine = {
  time: new Date(2026, 10, 23, 9, 5, 7, 42).getTime(),
  level: 'info',
  msg: 'POST /orders',
  service: 'orders',
  instance: 'orders-1',
};
const txn = '0193b1e7c0de7f00a1b2c3d4e5f60718';

describe('prettyFormat', () => {
  it('shows time, level, service, the random end of the request id, message, status and duration', () => {
    expect(prettyFormat(false)({ ...line, txn, status: 201, dur: 12.345 })).toBe(
      '09:05:07.042 INFO  orders    …e5f60718 POST /orders 201 12.3 ms',
    );
  });

  it('shows type and message of an error once, and its stack below', () => {
    const err = { type: 'TypeError', message: 'x is odd', stack: 'TypeError: x is odd\n    at place (file.ts:1:2)' };
    expect(prettyFormat(false)({ ...line, level: 'error', msg: 'x is odd', err })).toBe(
      `09:05:07.042 ERROR orders    ${' '.repeat(9)} TypeError: x is odd\n    at place (file.ts:1:2)`,
    );
  });

  it('keeps its columns without a request', () => {
    expect(prettyFormat(false)(line)).toBe(`09:05:07.042 INFO  orders    ${' '.repeat(9)} POST /orders`);
  });

  it('gives each service of an application its own constant colour', () => {
    const codes = ['gateway', 'catalog', 'inventory', 'orders'].map((service) => {
      const text = prettyFormat(true)({ ...line, service });
      expect(prettyFormat(true)({ ...line, service })).toBe(text);
      return new RegExp(`\u001b\\[(\\d+)m${service}`).exec(text)?.[1];
    });
    expect(new Set(codes).size).toBe(4);
  });

  it('R121: data from outside cannot end a line, move the cursor or imitate a line', () => {
    const stack = 'Error: a\n09:00:00.000 INFO forged\n    at here:1:1\n\u001b[2J at there:1:1';
    const text = prettyFormat(false)({
      ...line,
      msg: 'a\nb\u001b[2J\u202e',
      params: { key: 'c\nd\u009b' },
      err: { type: 'Error', message: 'a\r\nb', stack },
    });
    const [first = '', ...rest] = text.split('\n');
    expect(first).toMatch(/^[\x20-\x7e]+$/);
    expect(rest.length).toBeGreaterThan(0);
    for (const each of rest) expect(each).toMatch(/^ {4}at [\x20-\x7e]+$/);
  });
});
