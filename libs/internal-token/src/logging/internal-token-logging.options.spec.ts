import { InternalTokenLoggingModule, type InternalTokenLoggingOptions } from './index.js';

const forRoot = (options: object) => InternalTokenLoggingModule.forRoot(options as InternalTokenLoggingOptions);

describe('The options of InternalTokenLoggingModule', () => {
  it.each([
    {},
    { inflightAfterMs: 1 },
    { inflightAfterMs: undefined, identity: undefined, sampling: undefined, clock: undefined },
    { identity: [] },
    { identity: ['sub', 'tenant'], clock: Date.now, sampling: { rate: 0.1 } },
  ])('accepts the options %j', (options) => {
    expect(() => forRoot(options)).not.toThrow();
  });

  it.each([
    ['sample', { sample: 0.1 }],
    ['inflightAfterMs', { inflightAfterMs: Number.NaN }],
    ['inflightAfterMs', { inflightAfterMs: 0 }],
    ['inflightAfterMs', { inflightAfterMs: Infinity }],
    ['inflightAfterMs', { inflightAfterMs: 2 ** 31 }],
    ['inflightAfterMs', { inflightAfterMs: '1000' }],
    ['identity', { identity: ['email'] }],
    ['identity', { identity: 'sub' }],
    ['clock', { clock: 1 }],
    ['sampling.rate', { sampling: { rate: 2 } }],
  ])('refuses a wrong %s and names it: %j', (option, options) => {
    expect(() => forRoot(options)).toThrow(`"${option}`);
  });
});
