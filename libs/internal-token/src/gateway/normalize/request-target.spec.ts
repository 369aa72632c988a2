import fc from 'fast-check';
import { InternalTokenError } from '../../core/index.js';
import { readTarget } from './request-target.js';

describe('readTarget', () => {
  it.each([
    ['/orders/7?x=%zz', '/orders/7?x=%zz'],
    ['/orders/a%20b;c=d', '/orders/a%20b;c=d'],
    ['/a..b/.well-known/x', '/a..b/.well-known/x'],
    ['http://host', '/'],
    ['http://host?x', '/?x'],
    ['HTTPS://host:443/a/b?c', '/a/b?c'],
  ])('%s is %s', (target, url) => {
    expect(readTarget(target)).toMatchObject({ url, internal: false });
  });

  it('an absolute form names its authority', () => {
    expect(readTarget('http://api.example:80/x').authority).toBe('api.example:80');
    expect(readTarget('/x')).not.toHaveProperty('authority');
  });

  it.each(['/internal', '/internal/x', '/INTERNAL', '//internal', '/%49nternal/x', '/internal;a', '/internal%20/x'])(
    '%s is internal',
    (target) => {
      expect(readTarget(target).internal).toBe(true);
    },
  );

  it.each(['/internals', '/x/internal', '/international', '/?internal', '/x?/internal/y'])('%s is not', (target) => {
    expect(readTarget(target).internal).toBe(false);
  });

  it.each(['', '*', 'x', 'ftp://h/', 'http:///x', 'http://u@h/', '/a#b', '/a\\b', '/./a', '/a/..', '/a/..;b/c'])(
    '%j is refused',
    (target) => {
      expect(() => readTarget(target)).toThrow(InternalTokenError);
    },
  );

  it.each(['/%', '/%4', '/%zz', '/%c3', '/%2f', '/%5C', '/%00', '/%0d%0a', '/%7f', '/%2e%2e/a', '/%252fa', '/%2500'])(
    'the escape in %s is refused',
    (target) => {
      expect(() => readTarget(target)).toThrow(InternalTokenError);
    },
  );

  it('whatever comes: refused, or a path without dot segments that starts with a slash', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('/.%25ef;?# aI\\internal')), maxLength: 30 }),
        (text) => {
          try {
            const { url } = readTarget(`/${text}`);
            expect(url.startsWith('/')).toBe(true);
            expect(decodeURIComponent(url.split('?')[0] ?? '')).not.toMatch(/(^|\/)\.\.?(\/|$)/);
          } catch (error) {
            expect(error).toBeInstanceOf(InternalTokenError);
          }
        },
      ),
    );
  });
});
