import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Injectable, type Provider } from '@nestjs/common';
import { Tracer } from 'nestjs-internal-token';
import { EdgePolicy, IssuanceSink, PermissionEnricher, type Signer } from 'nestjs-internal-token/gateway';
import { AccessTokenIssuer, AUDIENCE, CLIENT_SECRET_FILE } from '../support/access-token-issuer.js';
import { EdgeGateway, type GatewaySetup } from '../support/edge-gateway.js';
import { agreedSigner } from '../support/edge-service.js';

/** Whatever asks waits here until the test lets it go on. */
class Gate {
  waiting = 0;
  #open = Promise.withResolvers<void>();

  async pass(): Promise<void> {
    this.waiting += 1;
    await this.#open.promise;
  }

  open(): void {
    this.#open.resolve();
    this.#open = Promise.withResolvers<void>();
  }
}

const gate = new Gate();
const recorded: string[] = [];

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setImmediate();
}

@Injectable()
class SlowPolicy extends EdgePolicy {
  check(): Promise<void> {
    return gate.pass();
  }
}

@Injectable()
class SlowEnricher extends PermissionEnricher {
  async enrich(): Promise<object> {
    await gate.pass();
    return {};
  }
}

@Injectable()
class Records extends IssuanceSink {
  issued({ txn }: { readonly txn: string }): void {
    recorded.push(txn);
  }
}

async function slowSigner(): Promise<Signer> {
  const signer = await agreedSigner();
  return {
    algorithm: signer.algorithm,
    keyId: signer.keyId,
    publicJwk: signer.publicJwk,
    asynchronous: true,
    sign: async (bytes) => {
      await gate.pass();
      return signer.sign(bytes);
    },
  };
}

describe.each(['an introspection', 'a policy', 'an enricher', 'a signer'] as const)(
  'a client that disconnects while the edge waits for %s',
  (kind) => {
    let gateway: EdgeGateway;
    let provider: AccessTokenIssuer;

    beforeAll(async () => {
      provider = await AccessTokenIssuer.start();
      provider.opaque.set('opaque', { active: true, ...provider.claims() });
      const introspect = provider.answers.get('/introspect')!;
      if (kind === 'an introspection') {
        provider.answers.set('/introspect', (request, response) => {
          void gate.pass().then(() => introspect(request, response));
        });
      }
      gateway = await EdgeGateway.start(await setup());
    });
    afterAll(async () => {
      await gateway.close();
      await provider.close();
    });

    async function setup(): Promise<GatewaySetup> {
      const providers: Provider[] = [Records];
      if (kind === 'a policy') providers.push(SlowPolicy);
      if (kind === 'an enricher') providers.push(SlowEnricher);
      const clientSecretFile = CLIENT_SECRET_FILE;
      const introspection = { endpoint: `${provider.url}/introspect`, clientId: 'gateway', clientSecretFile };
      return {
        providers,
        edge: {
          accessTokens: { issuers: [{ issuer: provider.url, audience: AUDIENCE, introspection }] },
          enrichmentTimeoutMs: 60_000,
        },
        ...(kind === 'a signer' && { signer: await slowSigner() }),
      };
    }

    it('R41: leaves no span open and issues no token', async () => {
      const tracer = gateway.app.get(Tracer, { strict: false });
      const open = new Set<string>();
      const statuses: unknown[] = [];
      const forget = [
        tracer.onStart(({ spanId }) => open.add(spanId)),
        tracer.onEnd(({ spanId, status }) => open.delete(spanId) && statuses.push(status)),
      ];
      const { minted } = gateway.tokens;
      recorded.length = 0;
      gate.waiting = 0;

      const socket = connect(gateway.port, '127.0.0.1').on('error', () => undefined);
      socket.write('GET /orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer opaque\r\n\r\n');
      await until(() => gate.waiting > 0);
      expect(open.size).toBe(1);
      socket.resetAndDestroy();
      await until(() => open.size === 0);
      expect(statuses).toEqual([499]);
      gate.open();

      // Answered after the first request, so that everything the first one started is done.
      const next = gateway.get('/orders', 'Authorization: Bearer opaque');
      await until(() => gate.waiting > 1 || kind === 'an introspection');
      gate.open();
      const { status, headers } = await next;
      expect(status).toBe(200);
      await until(() => open.size === 0 || recorded.length > 1);
      for (let turn = 0; turn < 20; turn += 1) await setImmediate();
      for (const stop of forget) stop();

      expect(recorded).toEqual([headers['x-request-id']]);
      expect(open.size).toBe(0);
      // A remote signer is asked only for a token that is already minted.
      expect(gateway.tokens.minted - minted).toBe(kind === 'a signer' ? 2 : 1);
    });
  },
);
