import fc from 'fast-check';
import { parseStrictJsonObject } from './strict-json.js';

const parse = (text: string) => parseStrictJsonObject(Buffer.from(text));

describe('parseStrictJsonObject', () => {
  it.each([
    ['one after the other', '{"a":1,"a":2}'],
    ['with a space before the colon', '{"a":1,"a" :2}'],
    ['with a line break before the colon', '{"a":1,"a"\n:2}'],
    ['spelt with an escape', '{"a":1,"\\u0061":2}'],
    ['in a nested object', '{"a":{"b":1,"b":2}}'],
    ['in an object of an array', '{"a":[{"b":1},{"b":1,"b":2}]}'],
    ['hidden by a value that looks like a name', '{"a":"\\":","a":2}'],
    ['whose values are objects', '{"a":{"b":1},"a":{"c":1}}'],
  ])('R72: refuses a name that occurs twice, %s', (_how, text) => {
    expect(() => parse(text)).toThrow(/duplicated/);
  });

  it('R72: refuses a name that occurs twice beside a value that begins with a colon', () => {
    expect(() => parse('{"a":":","b":1,"b":2}')).toThrow(/duplicated/);
  });

  it('reads what is nested as deeply as the largest token allows', () => {
    const depth = 6_000;
    const text = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(() => parse(text)).not.toThrow();
  });

  it.each(['{"__proto__":1}', '{"__proto__" :1}', '{"\\u005f_proto__":1}', '{"a":{"__proto__":{}}}'])(
    'R72: refuses %s',
    (text) => {
      expect(() => parse(text)).toThrow(/not allowed/);
    },
  );

  it.each([
    '{"a":"__proto__ is a name"}',
    '{"a":": ","b":"\\":"}',
    '{"a":":8080","b":[":",":b"]}',
    '{":a":1,":":2}',
    '{ "a" : 1 , "b" : [ ] }',
    '{"a":{"b":1},"b":1}',
    '{}',
  ])('accepts %s', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it('accepts every object that JSON.stringify writes, indented or not', () => {
    const object = fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__')),
    );
    fc.assert(
      fc.property(object, fc.constantFrom(0, 2), (value, indent) => {
        expect(parse(JSON.stringify(value, null, indent))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
