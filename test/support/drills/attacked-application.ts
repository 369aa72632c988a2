// Run as a process of its own by attacked-process.ts: a gateway with both listeners and the service behind it. Says at its
// start, and whenever it is asked, where they are and how many spans are open. Whatever it logs is an error.
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { Tracer } from 'nestjs-internal-token';
import { agreedSigner, EdgeService } from '../edge-service.js';
import { EdgeGateway } from '../edge-gateway.js';

const platform = process.argv[2] === 'express' ? 'express' : 'fastify';
const signer = await agreedSigner();
const service = await EdgeService.start(signer, { platform });
const gateway = await EdgeGateway.start({ platform, signer, edge: { upstreams: { orders: service.url } } });
Logger.overrideLogger(['error', 'fatal']);

let open = 0;
for (const { app } of [gateway, service]) {
  const tracer = app.get(Tracer, { strict: false });
  tracer.onStart(() => (open += 1));
  tracer.onEnd(() => (open -= 1));
}
const scope = 'orders.read orders.write catalog.read';
/** With new credentials: they are good for a minute. */
async function tell(): Promise<void> {
  const token = `Txn-Token: ${await gateway.internalToken(scope)}`;
  const ports = [
    { port: gateway.port, credentials: gateway.bearer({ scope }) },
    { port: gateway.internal.port, credentials: token },
    { port: service.port, credentials: token },
  ];
  process.send?.({ open, ports });
}

process.on('message', () => void tell());
await tell();
