import { printNextSteps } from './development.js';
import { loadGatewayConfig } from './gateway-config.js';

const printed = (environment: Record<string, string>, bound = { address: '127.0.0.1', port: 3000 }): string => {
  const { values } = loadGatewayConfig(environment);
  const write = process.stdout.write.bind(process.stdout);
  let text = '';
  process.stdout.write = (part: unknown) => (text += String(part)) !== '';
  try {
    printNextSteps(values, bound);
  } finally {
    process.stdout.write = write;
  }
  // oxlint-disable-next-line no-control-regex -- the colours of a terminal
  return text.replace(/\u001b\[\d+m/g, '');
};

describe('The development welcome', () => {
  it('prints commands that work when they are pasted', () => {
    const text = printed({});
    expect(text).toContain('gateway            http://127.0.0.1:3000');
    expect(text).toContain('TOKEN=$(npm run -s login -- alice)\n');
    expect(text).toContain('live page          http://127.0.0.1:3000/__dev');
    expect(text).toContain('npm run -s itok -- trace last\n');
  });

  it('adapts the commands to the settings', () => {
    const text = printed({
      HOST: '::1',
      PORT: '3010',
      TLS_CERT_FILE: 'a',
      TLS_KEY_FILE: 'b',
      DEV_IDP_PORT: '3910',
      DEV_DIRECTORY: '/x',
    });
    expect(text).toContain('curl https://[::1]:3010/catalog/items');
    expect(text).toContain('npm run -s login -- alice --issuer http://127.0.0.1:3910');
    expect(text).toContain('npm run -s itok -- trace last /x/log\n');
  });

  it('names the bound address of the live page, not a host name with two addresses', () => {
    const text = printed({ HOST: 'localhost' }, { address: '::1', port: 3000 });
    expect(text).toContain('gateway            http://localhost:3000');
    expect(text).toContain('live page          http://[::1]:3000/__dev');
  });

  it('names no development account if another identity provider is configured', () => {
    const issuer = { issuer: 'https://id.example.com', audience: 'https://api.example.com', discovery: true };
    const text = printed({ ACCESS_TOKEN_ISSUERS: JSON.stringify([issuer]) });
    expect(text).toContain('https://id.example.com');
    expect(text).not.toMatch(/3900|password: |npm run -s login/);
  });
});
