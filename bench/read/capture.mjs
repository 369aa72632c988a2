// Generates a deterministic log of the shop: the lines that processes write for orders and for reading the catalogue,
// as the contract defines them (docs/reference/log-line.md). About six lines per request and 360 bytes per line.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const START = Date.UTC(2026, 10, 26, 9);
const BLOCK = 1_048_576;

/** Writes at least this many bytes. @returns the id of a request in the middle, the number of lines and of requests */
export async function writeCapture(path, bytes) {
  const out = createWriteStream(path);
  const capture = { txn: undefined, lines: 0, requests: 0, bytes: 0 };
  let block = '';
  for (const { txn, lines } of requests()) {
    for (const line of lines) block += `${JSON.stringify(line)}\n`;
    capture.lines += lines.length;
    capture.requests += 1;
    if (capture.txn === undefined && capture.bytes > bytes / 2) capture.txn = txn;
    if (block.length < BLOCK) continue;
    capture.bytes += block.length;
    if (!out.write(block)) await once(out, 'drain');
    block = '';
    if (capture.bytes >= bytes) break;
  }
  out.end();
  await once(out, 'close');
  return capture;
}

function* requests() {
  const random = randomNumbers(20261126);
  for (let number = 0; ; number += 1) {
    const begin = START + number * 3 + random();
    const txn = `${Math.floor(begin).toString(16).padStart(12, '0')}7${hex(random, 19)}`;
    yield { txn, lines: (random() < 0.5 ? order : browse)(txn, begin, random) };
  }
}

function order(txn, begin, random) {
  const [root, call, place, reserve, work, update] = Array.from({ length: 6 }, () => hex(random, 16));
  const database = 2 + random() ** 4 * 60;
  const total = database + 9 + random() * 4;
  const failed = random() < 0.01;
  const status = failed ? 503 : 201;
  const at = (milliseconds) => round(begin + milliseconds);
  const err = failed && { err: { type: 'PoolError', message: 'timeout: no connection within 60 ms', code: '53300' } };
  const span = (service, own, parent, more) => ({ ...ids(txn, own, parent), service, ev: 'end', ...more });
  const lines = [
    {
      time: at(4),
      level: 'info',
      msg: `placing an order of ${1 + Math.floor(random() * 4)} items`,
      service: 'orders',
      ...ids(txn, place, call),
      context: 'OrdersService',
      params: { sku: `sku-${hex(random, 6)}` },
    },
    {
      ...span('inventory', update, work),
      time: at(6 + database),
      level: failed ? 'error' : 'info',
      msg: 'inventory.update',
      kind: 'client',
      op: 'inventory.update',
      dur: round(database),
      status: failed ? 'error' : 'ok',
      peer: 'postgresql',
      db: 'update',
      ...err,
    },
    {
      ...span('inventory', work, reserve),
      time: at(6.5 + database),
      level: failed ? 'error' : 'info',
      msg: 'POST /internal/inventory/reserve',
      kind: 'server',
      op: 'inventory.reserve',
      route: '/internal/inventory/reserve',
      dur: round(database + 1.5),
      status: failed ? 503 : 200,
      tok: { age_ms: 5, ttl_ms: 54995, kid: 'Zm9vYmFy', verify_us: 61 },
    },
    {
      ...span('orders', reserve, place),
      time: at(7 + database),
      level: failed ? 'error' : 'info',
      msg: 'inventory.reserve',
      kind: 'client',
      op: 'inventory.reserve',
      dur: round(database + 2.5),
      status: failed ? 503 : 200,
      peer: 'inventory',
    },
    {
      ...span('orders', place, call),
      time: at(total - 2),
      level: failed ? 'error' : 'info',
      msg: 'POST /orders',
      kind: 'server',
      op: 'POST /orders',
      route: '/orders',
      dur: round(total - 4),
      status,
      tok: { age_ms: 2, ttl_ms: 54998, kid: 'Zm9vYmFy', verify_us: 74 },
    },
    {
      ...span('gateway', call, root),
      time: at(total - 1),
      level: failed ? 'error' : 'info',
      msg: 'POST /orders',
      kind: 'client',
      op: 'POST /orders',
      dur: round(total - 2),
      status,
      peer: 'orders',
    },
    {
      ...span('gateway', root),
      time: at(total),
      level: failed ? 'error' : 'info',
      msg: 'POST /orders',
      kind: 'server',
      op: 'POST /orders',
      route: '/orders',
      dur: round(total),
      status,
      tok: { age_ms: 0, ttl_ms: 55000, kid: 'Zm9vYmFy' },
      tenant: 'acme',
    },
  ];
  return lines.map(signed);
}

function browse(txn, begin, random) {
  const [root, call, list, select] = Array.from({ length: 4 }, () => hex(random, 16));
  const database = 0.6 + random() ** 3 * 8;
  const total = database + 4 + random() * 2;
  const at = (milliseconds) => round(begin + milliseconds);
  const span = (service, own, parent, more) => ({
    ...ids(txn, own, parent),
    service,
    ev: 'end',
    level: 'info',
    ...more,
  });
  const lines = [
    {
      ...span('catalog', select, list),
      time: at(2 + database),
      msg: 'catalog.select',
      kind: 'client',
      op: 'catalog.select',
      dur: round(database),
      status: 'ok',
      peer: 'postgresql',
      db: 'select',
    },
    {
      time: at(2.2 + database),
      level: 'debug',
      msg: 'page 1 of 12, prices from the cache',
      service: 'catalog',
      ...ids(txn, list, call),
      context: 'CatalogService',
    },
    {
      ...span('catalog', list, call),
      time: at(total - 1),
      msg: 'GET /catalog/items',
      kind: 'server',
      op: 'GET /catalog/items',
      route: '/catalog/items',
      dur: round(total - 2),
      status: 200,
      tok: { age_ms: 1, ttl_ms: 54999, kid: 'Zm9vYmFy', verify_us: 58 },
    },
    {
      ...span('gateway', call, root),
      time: at(total - 0.5),
      msg: 'GET /catalog/items',
      kind: 'client',
      op: 'GET /catalog/items',
      dur: round(total - 1),
      status: 200,
      peer: 'catalog',
    },
    {
      ...span('gateway', root),
      time: at(total),
      msg: 'GET /catalog/items',
      kind: 'server',
      op: 'GET /catalog/items',
      route: '/catalog/items',
      dur: round(total),
      status: 200,
      tok: { age_ms: 0, ttl_ms: 55000, kid: 'Zm9vYmFy' },
      tenant: 'acme',
    },
  ];
  return lines.map(signed);
}

/** The members in the order in which the logger writes them. */
function signed({ time, level, msg, service, ...rest }) {
  return { time, level, msg, service, instance: `${service}-6f7c9d-x2x4q-1`, ...rest };
}

function ids(txn, spanId, parent) {
  return { txn, trace_id: txn, span_id: spanId, ...(parent && { parent_span_id: parent }) };
}

const round = (milliseconds) => Math.round(milliseconds * 1_000) / 1_000;

function hex(random, digits) {
  let text = '';
  while (text.length < digits)
    text += Math.floor(random() * 0x100000000)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, digits);
}

/** mulberry32: small, fast, the same on every machine. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
