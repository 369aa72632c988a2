// How each target is started. Every process gets its settings as JSON in BENCH (peers/shared.mjs).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildGo, haproxy, nginx } from './peers/native.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const node = (file) => () => ({ command: process.execPath, args: [at(file)] });
const own = (file) => () => ({ command: process.execPath, args: ['--import', at('../lib/use-package.mjs'), at(file)] });
const installed = (command, version) => spawnSync(command, [version], { stdio: 'ignore' }).error === undefined;

const NODE_GATEWAY = node('peers/gateway-node.mjs');
const FASTIFY_GATEWAY = node('peers/gateway-fastify.mjs');
const NODE_SERVICE = node('peers/service-node.mjs');

/** 100 MiB, in the parts about bodies. */
export const BODY_BYTES = 100 * 2 ** 20;

/** The bare service that stands behind every gateway. */
export const BARE_SERVICE = { program: NODE_SERVICE, settings: { tokens: false, log: false, blobBytes: BODY_BYTES } };

/**
 * - `program`: gives the command, from the process' settings and a folder for its files
 * - `settings`: beside those of all processes
 * - `lines`: lines for each request; checked after every slice
 * - `job`: what of the job it does, checked before the first slice; without it, all
 * - `warmUp`: requests before the first round, where the part's are not needed
 * - `needs`: a program that must be installed
 */
export const GATEWAYS = {
  floor: {
    what: 'node:http and undici, no tokens, no line',
    program: NODE_GATEWAY,
    settings: { tokens: false, log: false },
    lines: 0,
    job: 'forwards',
  },
  limit: { what: 'the whole job by hand: node:http, node:crypto, undici', program: NODE_GATEWAY, lines: 1 },
  peer: { what: 'Fastify, @fastify/http-proxy, fast-jwt', program: FASTIFY_GATEWAY, lines: 1 },
  'peer, no line': {
    what: 'the same without the line',
    program: FASTIFY_GATEWAY,
    settings: { log: false },
    lines: 0,
  },
  nest: {
    what: 'a typical Nest gateway: Express, jose, @nestjs/axios',
    program: node('peers/gateway-nest.mjs'),
    lines: 1,
  },
  'nest, hook': {
    what: 'the limit’s code in a hook of a Nest application, with nestjs-cls',
    program: node('peers/gateway-nest-hook.mjs'),
    lines: 1,
  },
  go: {
    what: 'Go’s standard library',
    program: buildGo,
    lines: 1,
    warmUp: 2_000,
    needs: installed('go', 'version') ? undefined : 'go',
  },
  haproxy: {
    what: 'HAProxy; verifies, mints nothing',
    program: haproxy,
    lines: 1,
    job: 'verifies',
    warmUp: 2_000,
    needs: installed('haproxy', '-v') ? undefined : 'haproxy',
  },
  nginx: {
    what: 'nginx; forwards only',
    program: nginx,
    lines: 1,
    warmUp: 2_000,
    job: 'forwards',
    needs: installed('nginx', '-v') ? undefined : 'nginx',
  },
  ours: { what: 'this library, every default on', program: own('own/gateway.mjs'), lines: 1 },
  'ours, no line': {
    what: 'the same without InternalTokenLoggingModule',
    program: own('own/gateway.mjs'),
    settings: { log: false },
    lines: 0,
  },
};

export const SERVICES = {
  limit: { what: 'by hand: node:http, node:crypto, undici', program: NODE_SERVICE, lines: 1 },
  'limit, no line': { what: 'the same without the line', program: NODE_SERVICE, settings: { log: false }, lines: 0 },
  peer: { what: 'Fastify, fast-jwt', program: node('peers/service-fastify.mjs'), lines: 1 },
  ours: { what: 'this library, every default on', program: own('own/service.mjs'), lines: 1 },
  'ours, no line': {
    what: 'the same without InternalTokenLoggingModule',
    program: own('own/service.mjs'),
    settings: { log: false },
    lines: 0,
  },
};
