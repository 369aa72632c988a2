import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithProgram } from './programs.js';

/** `describe` for suites that need certificates. */
export const describeWithOpenssl = (name: string, suite: () => void): void =>
  describeWithProgram('openssl', suite, name);

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  /** In openssl's notation: `DNS:localhost`, `IP:127.0.0.1`, `URI:spiffe://shop.test/orders`. */
  readonly names: readonly string[];
  readonly days?: number;
  /** Further extensions, such as `basicConstraints=critical,CA:TRUE`. */
  readonly extensions?: readonly string[];
}

const SERVER_NAMES = ['DNS:localhost', 'IP:127.0.0.1'];
const NEW_KEY = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A test's own certificate authority. */
export class CertificateAuthority {
  readonly #directory = mkdtempSync(join(tmpdir(), 'authority-'));
  /** PEM: what others have to trust. */
  readonly pem: string;
  #serial = 0;

  constructor(name = 'test authority') {
    const [key, cert] = [this.#at('ca.key'), this.#at('ca.pem')];
    this.#openssl([...NEW_KEY, '-x509', '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', cert]);
    this.pem = readFileSync(cert, 'utf8');
  }

  issue({ names, days = 1, extensions = [] }: CertificateRequest): Certificate {
    const id = String(++this.#serial);
    const [key, request, cert] = [this.#at(`${id}.key`), this.#at(`${id}.csr`), this.#at(`${id}.pem`)];
    const config = this.#at(`${id}.cnf`);
    const extended = [names.length > 0 ? `subjectAltName=${names.join(',')}` : '', ...extensions].filter(Boolean);
    writeFileSync(config, `${extended.join('\n')}\n`);
    this.#openssl([...NEW_KEY, '-subj', '/CN=a workload', '-keyout', key, '-out', request]);
    const signing = ['-CA', this.#at('ca.pem'), '-CAkey', this.#at('ca.key'), '-set_serial', id, '-days', String(days)];
    this.#openssl(['x509', '-req', '-in', request, ...signing, '-extfile', config, '-out', cert]);
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  }

  /** For a process on this machine, with a SPIFFE id. */
  workload(spiffeId: string): Certificate {
    return this.issue({ names: [...SERVER_NAMES, `URI:${spiffeId}`] });
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }

  #openssl(args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
