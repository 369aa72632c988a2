import {
  amount,
  callback,
  check,
  flag,
  group,
  instance,
  listOf,
  name,
  oneOf,
  optional,
  optionalGroup,
  recordOf,
  secret,
  text,
  wholeNumber,
  withDefault,
} from './check.js';
import { OptionPath } from './option-path.js';

const shop = group({
  service: name('orders'),
  title: optional(text('a title')),
  mode: withDefault('strict', oneOf('strict', 'presence', 'shadow')),
  side: optional(oneOf('left', 'right')),
  enabled: withDefault(false, flag),
  refreshSeconds: withDefault(300, amount(0.1, 3600, 'seconds')),
  count: optional(wholeNumber(1, 9)),
  onEvent: optional(callback<() => void>()),
  store: optional(instance<object>('a store: an object with firstUse()', 'firstUse')),
  key: optional(secret(check<string>('PEM text', (given) => typeof given === 'string' && given.startsWith('-----')))),
  pin: optional(secret(wholeNumber(0, 9999))),
  claims: optional(listOf('claims', oneOf('userId', 'tenantId'), { atLeast: 1 })),
  names: optional(listOf('names', name('ada'))),
  replay: optionalGroup({ timeoutMs: withDefault(250, wholeNumber(1, 5000, 'milliseconds')) }),
  upstreams: withDefault(
    {},
    recordOf('upstreams by domain', group({ timeoutMs: wholeNumber(1, 5000, 'milliseconds') })),
  ),
});
const at = new OptionPath('ShopModule');
const resolve = (options: unknown) => shop(options, at);

function refusal(options: unknown): { readonly code: string; readonly detail: string | undefined } {
  try {
    resolve(options);
  } catch (error) {
    return error as { code: string; detail: string };
  }
  throw new Error('accepted');
}

describe('checked options', () => {
  it('are complete and frozen, and hold nothing for what is left out and has no default', () => {
    const resolved = resolve({ service: 'orders', title: undefined, upstreams: { orders: { timeoutMs: 1 } } });
    expect(resolved).toEqual({
      service: 'orders',
      mode: 'strict',
      enabled: false,
      refreshSeconds: 300,
      replay: { timeoutMs: 250 },
      upstreams: { orders: { timeoutMs: 1 } },
    });
    expect(Object.keys(resolved)).not.toContain('title');
    for (const part of [resolved, resolved.replay, resolved.upstreams, resolved.upstreams['orders']]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    const claims = ['userId'];
    expect(resolve({ service: 'orders', claims }).claims).not.toBe(claims);
    expect(Object.isFrozen(resolve({ service: 'orders', claims }).claims)).toBe(true);
  });

  const wrong = (options: object): object => ({ service: 'orders', ...options });

  it.each<[unknown, string]>([
    // required, and of which type
    [{}, '"service" is missing; it must be a name of 1 to 256 visible ASCII characters, such as "orders".'],
    [wrong({ service: 7 }), '"service" must be a name of 1 to 256 visible ASCII characters, such as "orders", not 7.'],
    [wrong({ title: '' }), '"title" must be a title, not an empty text.'],
    [wrong({ title: ' a' }), '"title" must be a title, not " a".'],
    [wrong({ enabled: 'yes' }), '"enabled" must be true or false, not "yes".'],
    [wrong({ onEvent: {} }), '"onEvent" must be a function, not an object.'],
    [wrong({ store: {} }), '"store" must be a store: an object with firstUse(), not an object.'],
    [wrong({ store: () => true }), '"store" must be a store: an object with firstUse(), not a function.'],
    // enumerations
    [wrong({ mode: 'lax' }), '"mode" must be "strict", "presence" or "shadow", not "lax".'],
    [wrong({ mode: null }), '"mode" must be "strict", "presence" or "shadow", not null.'],
    [wrong({ side: 'up' }), '"side" must be "left" or "right", not "up".'],
    // ranges
    [wrong({ refreshSeconds: 0 }), '"refreshSeconds" must be a number of seconds from 0.1 to 3600, not 0.'],
    [wrong({ refreshSeconds: NaN }), '"refreshSeconds" must be a number of seconds from 0.1 to 3600, not NaN.'],
    [wrong({ refreshSeconds: '5' }), '"refreshSeconds" must be a number of seconds from 0.1 to 3600, not "5".'],
    [wrong({ count: 1.5 }), '"count" must be a whole number from 1 to 9, not 1.5.'],
    // lists
    [wrong({ claims: 'userId' }), '"claims" must be a non-empty list of claims, not "userId".'],
    [wrong({ claims: [] }), '"claims" must be a non-empty list of claims, not an empty list.'],
    [wrong({ claims: ['userId', 'sub'] }), '"claims[1]" must be "userId" or "tenantId", not "sub".'],
    [wrong({ names: {} }), '"names" must be a list of names, not an object.'],
    // nested groups
    [wrong({ replay: 5 }), '"replay" must be an object (options: "timeoutMs"), not 5.'],
    [wrong({ replay: [] }), '"replay" must be an object (options: "timeoutMs"), not an empty list.'],
    [
      wrong({ replay: { timeoutMs: 0 } }),
      '"replay.timeoutMs" must be a whole number of milliseconds from 1 to 5000, not 0.',
    ],
    [wrong({ upstreams: [1] }), '"upstreams" must be an object of upstreams by domain, not a list.'],
    [
      wrong({ upstreams: { orders: { timeoutMs: 6000 } } }),
      '"upstreams.orders.timeoutMs" must be a whole number of milliseconds from 1 to 5000, not 6000.',
    ],
    [
      wrong({ upstreams: { 'http://a': {} } }),
      '"upstreams["http://a"].timeoutMs" is missing; it must be a whole number of milliseconds from 1 to 5000.',
    ],
    // names that do not exist
    [wrong({ Mode: 'strict' }), 'there is no option "Mode"; did you mean "mode"?'],
    [wrong({ refreshSecond: 5 }), 'there is no option "refreshSecond"; did you mean "refreshSeconds"?'],
    [wrong({ replay: { timeout: 5 } }), 'there is no option "replay.timeout"; did you mean "replay.timeoutMs"?'],
    [wrong({ replay: { wait: 5 } }), 'there is no option "replay.wait"; the options are "timeoutMs".'],
    [
      wrong({ upstreams: { orders: { timeuotMs: 5 } } }),
      'there is no option "upstreams.orders.timeuotMs"; did you mean "upstreams.orders.timeoutMs"?',
    ],
  ])('%j is refused in one sentence', (options, sentence) => {
    expect(refusal(options)).toMatchObject({ code: 'configuration_invalid', detail: `ShopModule: ${sentence}` });
  });

  it.each([undefined, null, 'orders', 7, []])('%j is no options object', (options) => {
    expect(refusal(options).detail).toMatch(
      /^ShopModule: the options object (?:must be|is missing; it must be) an object/,
    );
  });

  it('an unknown name is told before what is missing: it is most likely the same option', () => {
    expect(refusal({ sevice: 'orders' }).detail).toBe(
      'ShopModule: there is no option "sevice"; did you mean "service"?',
    );
  });

  it('names of every object are no options', () => {
    for (const odd of ['constructor', 'toString', '__proto__']) {
      expect(refusal(JSON.parse(`{"service":"orders","${odd}":1}`)).detail).toContain(`there is no option "${odd}"`);
    }
  });

  it.each<[string, object, string]>([
    ['a secret', { key: 'hunter2' }, '"key" must be PEM text, not a text of 7 characters.'],
    ['a secret number', { pin: 12345 }, '"pin" must be a whole number from 0 to 9999, not a number.'],
    [
      'a key where a word belongs',
      { mode: '-----BEGIN PRIVATE KEY-----\nhunter2' },
      '"mode" must be "strict", "presence" or "shadow", not a text of 35 characters.',
    ],
    [
      'a token where a word belongs',
      { mode: 'eyJhbGciOiJFUzI1NiJ9.hunter2' },
      '"mode" must be "strict", "presence" or "shadow", not a text of 28 characters.',
    ],
    [
      'a password in a URL',
      { mode: 'https://ada:hunter2@login.example' },
      '"mode" must be "strict", "presence" or "shadow", not "https://…@login.example".',
    ],
    [
      'anything long',
      { mode: `hunter2${'x'.repeat(94)}` },
      '"mode" must be "strict", "presence" or "shadow", not a text of 101 characters.',
    ],
  ])('%s is not shown', (_name, options, sentence) => {
    const { detail } = refusal(wrong(options));
    expect(detail).toBe(`ShopModule: ${sentence}`);
    expect(detail).not.toContain('hunter2');
  });
});
