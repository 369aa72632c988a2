import { isLoopbackAddress, isLoopbackAuthority } from './loopback.js';

describe('The loopback check', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('accepts the address %s', (address) => {
    expect(isLoopbackAddress(address)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '::ffff:10.0.0.1', '128.0.0.1', 'localhost', '', undefined])(
    'refuses the address %s',
    (address) => expect(isLoopbackAddress(address)).toBe(false),
  );

  it.each(['localhost', 'LOCALHOST:3000', '127.0.0.1:3000', '[::1]', '[::1]:3000'])('accepts the host %s', (host) => {
    expect(isLoopbackAuthority(host)).toBe(true);
  });

  it.each(['', 'localhost.example', 'a.localhost', '127.0.0.1.example', '127.0.0.1:3000:1', '::1', 'localhost:'])(
    'refuses the host %j',
    (host) => expect(isLoopbackAuthority(host)).toBe(false),
  );
});
