import { chmodSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { CertificateAuthority, describeWithOpenssl } from '../../../../test/support/certificate-authority.js';
import { ConfigurationError } from '../settings/configuration-error.js';
import { TlsFiles } from './tls-files.js';

const NAMES = { cert: 'CERT_FILE', key: 'KEY_FILE', ca: 'CA_FILE' } as const;

describeWithOpenssl('TLS files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tls-files-'));
  const path = (name: string) => join(directory, name);
  const values = { CERT_FILE: path('cert.pem'), KEY_FILE: path('key.pem'), CA_FILE: path('ca.pem') };
  const authority = new CertificateAuthority();
  const said: string[] = [];
  let opened: TlsFiles[] = [];

  const open = (given: Partial<typeof values> = values) => {
    const files = TlsFiles.open('sample', given, NAMES, { pollMs: 3_600_000 });
    if (files) opened.push(files);
    return files!;
  };
  const write = ({ cert, key }: { cert: string; key: string }) => {
    writeFileSync(values.CERT_FILE, cert);
    writeFileSync(values.KEY_FILE, key);
    chmodSync(values.KEY_FILE, 0o600);
  };

  beforeAll(() => {
    const note = (message: unknown) => void said.push(String(message));
    Logger.overrideLogger({ log: note, warn: note, error: note });
  });
  beforeEach(() => {
    write(authority.workload('spiffe://shop.test/orders'));
    writeFileSync(values.CA_FILE, authority.pem);
    said.length = 0;
  });
  afterEach(() => {
    for (const files of opened) files.close();
    opened = [];
  });
  afterAll(() => {
    Logger.overrideLogger(false);
    authority.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  it('are undefined if no file is named, and may be authorities only', () => {
    expect(open({})).toBeUndefined();
    expect(open({ CA_FILE: values.CA_FILE })).toMatchObject({
      hasCertificate: false,
      current: { ca: [expect.any(String)] },
    });
  });

  it('are used as soon as they have changed, all together', () => {
    const files = open();
    const seen: unknown[] = [];
    files.onChange(() => seen.push(files.current));
    const before = files.current;
    expect(files.reload()).toBe(false);
    write(authority.workload('spiffe://shop.test/orders'));
    expect(files.reload()).toBe(true);
    expect(files.reload()).toBe(false);
    expect(files.current).not.toEqual(before);
    expect(seen).toEqual([files.current]);
    expect(said).toEqual([expect.stringContaining('valid until')]);
  });

  it('are watched for changes', async () => {
    const files = open();
    const changed = new Promise<void>((resolve) => files.onChange(resolve));
    write(authority.workload('spiffe://shop.test/orders'));
    await changed;
  });

  it.each([
    ['a file without a certificate', () => writeFileSync(values.CERT_FILE, 'nothing'), 'CERT_FILE'],
    [
      'the key of another certificate',
      () => writeFileSync(values.KEY_FILE, authority.workload('spiffe://a/b').key),
      'no pair',
    ],
    ['an expired certificate', () => write(authority.issue({ names: ['DNS:a'], days: -1 })), 'expired on'],
    [
      'a CA file without certificates',
      () => writeFileSync(values.CA_FILE, 'nothing'),
      'CA_FILE: it contains no PEM certificate',
    ],
    ['a missing file', () => unlinkSync(values.KEY_FILE), 'KEY_FILE: the file that it names cannot be read'],
  ])('stay in use after a change to %s, which is reported once', (_what, change, finding) => {
    const files = open();
    const before = files.current;
    let heard = 0;
    files.onChange(() => heard++);
    change();
    expect([files.reload(), files.reload()]).toEqual([false, false]);
    expect(files.current).toBe(before);
    expect(heard).toBe(0);
    expect(said).toEqual([expect.stringContaining(finding)]);
    write(authority.workload('spiffe://shop.test/orders'));
    writeFileSync(values.CA_FILE, authority.pem);
    expect(files.reload()).toBe(true);
  });

  it('stop the start if they cannot be used', () => {
    writeFileSync(values.CA_FILE, authority.pem.replace(/[A-Za-z]/g, 'A'));
    expect(() => open()).toThrow(ConfigurationError);
  });

  it('R177: are not used if everybody can write one of them', () => {
    for (const path of Object.values(values)) {
      chmodSync(path, 0o666);
      expect(() => open()).toThrow(/_FILE: everybody can write it: chmod o-w/);
      chmodSync(path, 0o600);
    }
  });

  it('R177: cause one warning about a key that everybody can read, and no other', () => {
    chmodSync(values.CERT_FILE, 0o644);
    chmodSync(values.CA_FILE, 0o644);
    const files = open();
    expect(said).toEqual([]);
    chmodSync(values.KEY_FILE, 0o644);
    expect([files.reload(), files.reload()]).toEqual([false, false]);
    expect(said).toEqual([expect.stringMatching(/^KEY_FILE: everybody can read it: chmod 600 it/)]);
  });

  it('R111: show no key when they are printed', () => {
    expect(inspect(open(), { depth: 9, showHidden: true })).not.toMatch(/PRIVATE|Buffer/);
  });
});
