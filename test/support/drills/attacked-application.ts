// Run as its own process by attacked-process.ts: a gateway with both listeners and the service behind it. Reports at
// start and on request where they listen and how many spans are open. It logs errors only.
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { Tracer } from 'nestjs-internal-token';
import { agreedSigner, EdgeService } from '../edge-service.js';
import { EdgeGateway } from '../edge-gateway.js';

const platform = process.argv[2] === 'express' ? 'express' : 'fastify';
const signer = await agreedSigner();
const service = await EdgeService.start(signer, { platform });
const gateway = await EdgeGateway.start({
  platform,
  signer,
  edge: { forwarding: { upstreams: { orders: { origin: service.url } } } },
});
Logger.overrideLogger(['error', 'fatal']);

let open = 0;
for (const { app } of [gateway, service]) {
  const tracer = app.get(Tracer, { strict: false });
  tracer.onStart(() => (open += 1));
  tracer.onEnd(() => (open -= 1));
}
const scope = 'orders.read orders.write catalog.read';
/** New credentials: they are valid for a minute. */
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
