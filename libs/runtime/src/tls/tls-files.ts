import { createHash, X509Certificate } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { RenewableTls } from 'nestjs-internal-token/http';
import { ConfigurationError } from '../settings/configuration-error.js';
import { readSettingFile, type SettingFile } from '../settings/setting-file.js';

/** The settings that name the files. A certificate has a key; authorities may stand alone. */
export interface TlsSettingNames<Name extends string> {
  readonly cert: Name;
  readonly key: Name;
  readonly ca?: Name;
}

export interface TlsFilesOptions {
  /** Milliseconds between polls, for changes that the watcher does not notice. Default 10000. */
  readonly pollMs?: number;
}

interface Material {
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** Parses each certificate separately: OpenSSL would silently skip what it cannot read. */
  readonly ca?: readonly string[];
}

type Files = Partial<Record<keyof Material, SettingFile>>;

/** Certificate and key are written one after the other; wait until both have been written. */
const SETTLE_MS = 200;
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Certificate, key and authorities from files, reloaded when they change. If new files cannot be used, that is logged
 * and the previous ones stay in use, so a broken certificate does not cause an outage.
 */
export class TlsFiles implements RenewableTls, OnApplicationShutdown {
  readonly #logger = new Logger('Tls');
  readonly #listeners = new Set<() => void>();
  readonly #watchers: FSWatcher[] = [];
  readonly #poll: NodeJS.Timeout;
  #settling: NodeJS.Timeout | undefined;
  #seen: string;
  #refused: string | undefined;
  /** The last warning, so that it is logged once and not at every poll. */
  #warned = '';
  #current: Material;

  private constructor(
    private readonly application: string,
    private readonly files: Files,
    { pollMs = 10_000 }: TlsFilesOptions,
  ) {
    const content = this.#read();
    this.#seen = fingerprint(content);
    this.#current = this.#examine(content);
    this.#poll = setInterval(() => this.reload(), pollMs).unref();
    for (const directory of new Set(Object.values(files).map(({ path }) => dirname(path)))) this.#watch(directory);
  }

  /**
   * Reads what the settings name; undefined if they name nothing.
   * @throws ConfigurationError naming the setting whose file cannot be used
   */
  static open<Name extends string>(
    application: string,
    values: { readonly [Key in NoInfer<Name>]?: string | undefined },
    names: TlsSettingNames<Name>,
    options: TlsFilesOptions = {},
  ): TlsFiles | undefined {
    const files: { -readonly [Part in keyof Files]: SettingFile } = {};
    for (const part of ['cert', 'key', 'ca'] as const) {
      const name = names[part];
      const path = name === undefined ? undefined : values[name];
      const content = part === 'key' ? 'secret' : 'public';
      if (name !== undefined && path !== undefined) files[part] = { name, path, content };
    }
    return Object.keys(files).length === 0 ? undefined : new TlsFiles(application, files, options);
  }

  get current(): Material {
    return this.#current;
  }

  /** True if there is a certificate, so that a listener can use TLS. */
  get hasCertificate(): boolean {
    return this.#current.cert !== undefined && this.#current.key !== undefined;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Reads the files now. True if they have changed and are in use. */
  reload(): boolean {
    try {
      const content = this.#read();
      const found = fingerprint(content);
      if (found === this.#seen) return false;
      this.#seen = found;
      this.#current = this.#examine(content);
      this.#refused = undefined;
    } catch (error) {
      this.#refuse(error);
      return false;
    }
    const { cert } = this.#current;
    this.#logger.log(`TLS files reloaded${cert ? `; valid until ${new X509Certificate(cert).validTo}` : ''}`);
    for (const listener of this.#listeners) listener();
    return true;
  }

  onApplicationShutdown(): void {
    this.close();
  }

  close(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #read(): Partial<Record<keyof Material, Buffer>> {
    const content: Partial<Record<keyof Material, Buffer>> = {};
    let warning = '';
    for (const [part, file] of Object.entries(this.files) as [keyof Material, SettingFile][]) {
      content[part] = readSettingFile(this.application, file, (problem) => (warning = problem));
    }
    if (warning !== '' && warning !== this.#warned) this.#logger.warn(warning);
    this.#warned = warning;
    return content;
  }

  #examine({ cert, key, ca }: Partial<Record<keyof Material, Buffer>>): Material {
    const authorities = ca && this.#authorities(ca);
    if (cert === undefined || key === undefined) return { ...(authorities && { ca: authorities }) };
    try {
      createSecureContext({ cert, key });
    } catch (error) {
      const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
      throw this.#fault(
        'cert',
        `its certificate and the key of ${this.files.key?.name} are no pair in PEM form (${code}).`,
      );
    }
    const { validTo } = new X509Certificate(cert);
    if (Date.parse(validTo) <= Date.now()) throw this.#fault('cert', `its certificate expired on ${validTo}.`);
    return { cert, key, ...(authorities && { ca: authorities }) };
  }

  #authorities(pem: Buffer): readonly string[] {
    const blocks = pem.toString('latin1').match(PEM_BLOCK) ?? [];
    try {
      for (const block of blocks) new X509Certificate(block);
    } catch {
      throw this.#fault('ca', 'one of its certificates cannot be read.');
    }
    if (blocks.length === 0) throw this.#fault('ca', 'it contains no PEM certificate.');
    return blocks;
  }

  #fault(part: keyof Material, message: string): ConfigurationError {
    return new ConfigurationError(this.application, [{ name: this.files[part]?.name ?? part, message }]);
  }

  /** Reports each finding once: a missing file is still missing at the next poll. */
  #refuse(error: unknown): void {
    const problems = error instanceof ConfigurationError ? error.problems : [{ name: 'TLS', message: String(error) }];
    const finding = problems.map(({ name, message }) => `${name}: ${message}`).join(' ');
    if (finding === this.#refused) return;
    this.#refused = finding;
    this.#logger.error(`New TLS files cannot be used, the previous ones stay in use: ${finding}`);
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, () => {
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => this.reload(), SETTLE_MS).unref();
      });
      watcher.on('error', () => watcher.close());
      this.#watchers.push(watcher);
    } catch {
      // Polling finds the change a little later.
    }
  }
}

function fingerprint(content: Partial<Record<keyof Material, Buffer>>): string {
  const hash = createHash('sha256');
  for (const part of ['cert', 'key', 'ca'] as const)
    hash.update(`${part}${content[part]?.length ?? '-'}:`).update(content[part] ?? '');
  return hash.digest('base64url');
}
