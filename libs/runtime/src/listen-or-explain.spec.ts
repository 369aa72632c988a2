import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { InternalTokenModule } from 'nestjs-internal-token';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { ConfigurationError } from './settings/configuration-error.js';
import { readSettingFile } from './settings/setting-file.js';
import { TlsFiles } from './tls/tls-files.js';
import { startApplication } from './start-application.js';

@Module({
  imports: [InternalTokenModule.forRoot({ service: 'sample', trustDomain: 'test', keys: new TestTokenIssuer().keys })],
})
class EmptyModule {}

@Module({
  providers: [
    {
      provide: 'BROKEN',
      useFactory: () => {
        throw Object.assign(new Error('storage_locked: another process has it'), { code: 'storage_locked' });
      },
    },
  ],
})
class BrokenModule {}

const fail = (problem: string): never => {
  throw new Error(problem);
};

const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
};

describe('A start that fails', () => {
  let directory: string;
  let written: string[];
  let write: typeof process.stdout.write;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'start-'));
    written = [];
    write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (line: unknown) => written.push(String(line)) > 0;
  });

  afterEach(() => {
    process.stdout.write = write;
    rmSync(directory, { recursive: true });
  });

  const start = (module: typeof EmptyModule, format: 'json' | 'pretty', port = 0) =>
    startApplication(module, {
      service: 'sample',
      listener: { host: '127.0.0.1', port },
      log: { level: 'log', format },
    });

  it('names the setting, the address and the fix if a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start(EmptyModule, 'pretty', port)).rejects.toThrow(
      `PORT: 127.0.0.1:${port} is taken by another process. Stop that process, or choose another port.`,
    );
    other.close();
  });

  it('prints a message without a stack for people', async () => {
    await expect(start(BrokenModule, 'pretty')).rejects.toThrow('storage_locked');
    expect(written.join('')).not.toContain('    at ');
  });

  it('logs one line without a stack for machines', async () => {
    await expect(start(BrokenModule, 'json')).rejects.toThrow('storage_locked');
    const failures = written.map((line) => JSON.parse(line) as { level: string; msg: string }).filter(isFailure);
    expect(failures).toEqual([expect.objectContaining({ msg: 'storage_locked: another process has it' })]);
    expect(failures[0]).not.toHaveProperty('err');
  });

  it('names the setting of an unusable file but not its value, which may be the secret itself', () => {
    const pasted = '-----BEGIN PRIVATE KEY-----';
    const message = messageOf(() =>
      readSettingFile('sample', { name: 'SIGNING_KEY_FILE', path: pasted, content: 'secret' }, fail),
    );
    expect(message).toContain('SIGNING_KEY_FILE: the file that it names cannot be read (ENOENT)');
    expect(message).not.toContain(pasted);
  });

  it('names both settings of TLS files that do not match', () => {
    const [cert, key, otherKey] = ['cert.pem', 'key.pem', 'other.pem'].map((name) => join(directory, name));
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=a',
    ];
    execFileSync('openssl', [...request, '-keyout', otherKey!, '-out', cert!], { stdio: 'ignore' });
    execFileSync('openssl', [...request, '-keyout', key!, '-out', cert!], { stdio: 'ignore' });
    writeFileSync(join(directory, 'empty.pem'), '');

    const read = (certificate: string, keyFile: string) =>
      TlsFiles.open('sample', { CERT_FILE: certificate, KEY_FILE: keyFile }, { cert: 'CERT_FILE', key: 'KEY_FILE' });
    const files = read(cert!, key!);
    expect(files?.current).toHaveProperty('key');
    files?.close();
    for (const [one, other] of [
      [cert!, otherKey!],
      [join(directory, 'empty.pem'), key!],
    ] as const) {
      expect(messageOf(() => read(one, other))).toContain(
        'CERT_FILE: its certificate and the key of KEY_FILE are no pair',
      );
    }
    expect(messageOf(() => read(cert!, directory))).toContain(
      'KEY_FILE: the file that it names cannot be read (EISDIR)',
    );
  });
});

const isFailure = ({ level }: { level: string }): boolean => level === 'error' || level === 'fatal';
