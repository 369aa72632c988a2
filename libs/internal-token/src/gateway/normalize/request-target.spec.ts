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
  ])('reads %s as %s', (target, url) => {
    expect(readTarget(target)).toMatchObject({ url, internal: false });
  });

  it('returns the authority of an absolute-form target', () => {
    expect(readTarget('http://api.example:80/x').authority).toBe('api.example:80');
    expect(readTarget('/x')).not.toHaveProperty('authority');
  });

  it.each(['/internal', '/internal/x', '/INTERNAL', '//internal', '/%49nternal/x', '/internal;a', '/internal%20/x'])(
    'recognizes %s as internal',
    (target) => {
      expect(readTarget(target).internal).toBe(true);
    },
  );

  it.each(['/internals', '/x/internal', '/international', '/?internal', '/x?/internal/y'])(
    'does not take %s for internal',
    (target) => {
      expect(readTarget(target).internal).toBe(false);
    },
  );

  it.each(['', '*', 'x', 'ftp://h/', 'http:///x', 'http://u@h/', '/a#b', '/a\\b', '/./a', '/a/..', '/a/..;b/c'])(
    'refuses %j',
    (target) => {
      expect(() => readTarget(target)).toThrow(InternalTokenError);
    },
  );

  it.each(['/%', '/%4', '/%zz', '/%c3', '/%2f', '/%5C', '/%00', '/%0d%0a', '/%7f', '/%2e%2e/a', '/%252fa', '/%2500'])(
    'refuses the escape in %s',
    (target) => {
      expect(() => readTarget(target)).toThrow(InternalTokenError);
    },
  );

  it('returns a path that starts with a slash and has no dot segments, or refuses the target', () => {
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
