import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { type ClientCertificates, keepTlsCurrent, serverTls, TlsFiles } from '@app/runtime';
import { Logger } from '@nestjs/common';
import { RenewingHttpsAgent } from '../../libs/ports/src/http/renewing-https-agent.js';
import { Upstream } from '../../libs/internal-token/src/gateway/dispatch/upstream.js';
import { type Certificate, CertificateAuthority, describeWithOpenssl } from '../support/certificate-authority.js';

const NAMES = { cert: 'CERT', key: 'KEY', ca: 'CA' } as const;

/** One process's key and certificate files. */
class Files {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tls-between-'));
  readonly tls: TlsFiles;

  constructor(certificate: Certificate, ca: string) {
    this.write(certificate);
    writeFileSync(this.#at('CA'), ca);
    const values = { CERT: this.#at('CERT'), KEY: this.#at('KEY'), CA: this.#at('CA') };
    this.tls = TlsFiles.open('test', values, NAMES, { pollMs: 3_600_000 })!;
  }

  write({ cert, key }: Certificate): void {
    writeFileSync(this.#at('CERT'), cert);
    writeFileSync(this.#at('KEY'), key);
  }

  trust(ca: string): void {
    writeFileSync(this.#at('CA'), ca);
  }

  close(): void {
    this.tls.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }
}

describeWithOpenssl('TLS between processes', () => {
  const ours = new CertificateAuthority('ours');
  const theirs = new CertificateAuthority('theirs');
  const cleanUp: (() => unknown)[] = [];
  /** Serial numbers of the client certificates seen. */
  let clients: (string | undefined)[];
  let server: Server;
  let serving: Files;
  let origin: string;

  const filesOf = (certificate: Certificate, ca = ours.pem): Files => {
    const files = new Files(certificate, ca);
    cleanUp.push(() => files.close());
    return files;
  };

  const listen = async (accept: ClientCertificates): Promise<void> => {
    serving = filesOf(ours.workload('spiffe://shop.test/orders'));
    const tls = { files: serving.tls, clients: accept };
    clients = [];
    server = createServer(serverTls(tls), (request, response) => {
      clients.push((request.socket as TLSSocket).getPeerX509Certificate()?.serialNumber);
      request.resume().on('end', () => response.end('served'));
    });
    keepTlsCurrent(server, tls);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `https://localhost:${(server.address() as AddressInfo).port}`;
    cleanUp.push(() => {
      server.closeAllConnections();
      server.close();
    });
  };

  const agentOf = (files: Files): RenewingHttpsAgent => {
    const agent = new RenewingHttpsAgent(files.tls);
    cleanUp.push(() => agent.destroy());
    return agent;
  };

  const ask = (agent?: RenewingHttpsAgent): Promise<string> =>
    new Promise((resolve, reject) => {
      const trust = agent ? { agent } : { ca: ours.pem, agent: false as const };
      httpsRequest(origin, { ...trust, family: 4 }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve(text)).on('error', reject);
      })
        .on('error', reject)
        .end();
    });

  beforeAll(() => Logger.overrideLogger(false));
  afterEach(() => {
    for (const step of cleanUp.splice(0).reverse()) step();
  });
  afterAll(() => {
    ours.remove();
    theirs.remove();
  });

  it('accepts a client with a certificate from our authority', async () => {
    await listen('required');
    expect(await ask(agentOf(filesOf(ours.workload('spiffe://shop.test/gateway'))))).toBe('served');
  });

  it.each([
    ['no certificate', () => undefined],
    ["another authority's certificate", () => agentOf(filesOf(theirs.workload('spiffe://shop.test/gateway')))],
  ])('refuses a client with %s', async (_what, agent) => {
    await listen('required');
    await expect(ask(agent())).rejects.toThrow();
    expect(clients).toEqual([]);
  });

  it('with optional client certificates, accepts a missing one and refuses a wrong one', async () => {
    await listen('asked');
    expect(await ask()).toBe('served');
    await expect(ask(agentOf(filesOf(theirs.workload('spiffe://shop.test/gateway'))))).rejects.toThrow();
    expect(clients).toEqual([undefined]);
  });

  it("sends nothing to a server with another authority's certificate or another name", async () => {
    await listen('any');
    await expect(ask(agentOf(filesOf(theirs.workload('spiffe://shop.test/a'), theirs.pem)))).rejects.toThrow(
      /certificate/,
    );
    serving.write(ours.issue({ names: ['DNS:elsewhere.test'] }));
    serving.tls.reload();
    await expect(ask(agentOf(filesOf(ours.workload('spiffe://shop.test/gateway'))))).rejects.toThrow(/altnames/);
    expect(clients).toEqual([]);
  });

  it('requires at least TLS 1.2', async () => {
    await listen('any');
    const { port } = server.address() as AddressInfo;
    const old = connect({
      port,
      ca: ours.pem,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
      servername: 'localhost',
    });
    const [error] = (await once(old, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });

  it('trusts a new authority, and drops the previous one, without a restart', async () => {
    await listen('required');
    const client = filesOf(theirs.workload('spiffe://shop.test/gateway'));
    const agent = agentOf(client);
    await expect(ask(agent)).rejects.toThrow();
    serving.trust(theirs.pem);
    serving.tls.reload();
    expect(await ask(agent)).toBe('served');
    await expect(ask(agentOf(filesOf(ours.workload('spiffe://shop.test/gateway'))))).rejects.toThrow();
  });

  /** Keeps eight callers busy while every certificate changes several times. */
  const changesUnderLoad = async (client: Files, call: () => Promise<void>): Promise<number> => {
    let calls = 0;
    let stop = false;
    const load = Array.from({ length: 8 }, async () => {
      while (!stop) {
        await call();
        calls++;
      }
    });
    const failed = Promise.all(load);
    for (let round = 0; round < 4; round++) {
      const from = calls;
      serving.write(ours.workload('spiffe://shop.test/orders'));
      client.write(ours.workload('spiffe://shop.test/gateway'));
      expect([serving.tls.reload(), client.tls.reload()]).toEqual([true, true]);
      while (calls < from + 50) await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 10))]);
    }
    stop = true;
    await failed;
    return calls;
  };

  it('rotates every certificate under load on kept connections without a failed call, and presents the new ones', async () => {
    await listen('required');
    const client = filesOf(ours.workload('spiffe://shop.test/gateway'));
    const agent = agentOf(client);
    const calls = await changesUnderLoad(client, async () => expect(await ask(agent)).toBe('served'));
    expect(clients).toHaveLength(calls);
    expect(new Set(clients).size).toBe(5);
  });

  it('rotates certificates while the gateway forwards, without a failed request', async () => {
    await listen('required');
    const client = filesOf(ours.workload('spiffe://shop.test/gateway'));
    const upstream = new Upstream('orders', 60_000, Infinity, {
      origin,
      restartMs: 0,
      maxConnections: 1,
      maxPending: 0,
      tls: client.tls,
    });
    cleanUp.push(() => upstream.close());
    const call = () =>
      new Promise<void>((resolve, reject) => {
        upstream.dispatch(
          { path: '/', method: 'GET' },
          {
            onRequestStart: () => undefined,
            onResponseStart: () => undefined,
            onResponseData: () => undefined,
            onResponseEnd: () => resolve(),
            onResponseError: (_controller, error) => reject(error),
          },
        );
      });
    const calls = await changesUnderLoad(client, call);
    expect(clients).toHaveLength(calls);
    expect(new Set(clients).size).toBe(5);
  });
});
