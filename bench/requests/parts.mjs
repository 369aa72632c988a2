// The parts of the benchmark: which targets, under which load, compared with which.
import { BODY_BYTES, GATEWAYS, SERVICES } from './targets.mjs';

const BODY = { chunk: Buffer.alloc(65_536, 'x'), bytes: BODY_BYTES };

const pick = (targets, ...names) => Object.fromEntries(names.map((name) => [name, targets[name]]));

const gateway = ({ identity, bareService }) => [
  {
    role: 'gateway',
    settings: { access: identity.settings.access, internal: identity.settings.gateway, upstream: bareService },
  },
];
const service = ({ identity }) => [{ role: 'service', settings: { internal: identity.settings.service } }];
const chain = ({ identity }) => [
  { role: 'second', settings: { internal: identity.settings.service } },
  { role: 'first', settings: { internal: identity.settings.service }, linked: 'next' },
];

const microseconds = { unit: 'µs', scale: 1e3 };
const milliseconds = { unit: 'ms', scale: 1e6 };
const mebibytes = { unit: 'MiB', scale: 2 ** 20 };

/**
 * - `measures`: CPU or memory, and the unit that is printed
 * - `roles`: the processes of a target
 * - `token`: `access` tokens come again and again, every `internal` token once
 * - `load`: of one slice
 * - `comparedWith`: the targets that ratios are given to; the others are only shown
 * - `anew`: every round has new processes. For memory, which grows; and for bodies, whose cost may change threefold in a
 *   process that has passed some gigabytes on
 * - `warmUp`: requests before the first round; the library's code needs tens of thousands to be compiled
 * - `rounds`: calm ones that are wanted; disturbed ones are repeated until `seconds` are over
 */
export const PARTS = {
  gateway: {
    title: 'The gateway: one request through it',
    measures: { what: 'CPU a request', of: 'cpu', ...microseconds },
    targets: GATEWAYS,
    roles: gateway,
    token: 'access',
    load: { method: 'GET', path: '/items', connections: 32, requests: 2_000 },
    comparedWith: ['peer', 'limit'],
    rounds: 21,
    warmUp: 30_000,
    seconds: 150,
  },
  service: {
    title: 'A service: one request to it',
    measures: { what: 'CPU a request', of: 'cpu', ...microseconds },
    targets: SERVICES,
    roles: service,
    token: 'internal',
    load: { method: 'GET', path: '/items', connections: 32, requests: 2_000 },
    comparedWith: ['limit', 'peer'],
    rounds: 25,
    warmUp: 30_000,
    seconds: 90,
  },
  hop: {
    title: 'A hop: a service that calls another, both together',
    measures: { what: 'CPU a request', of: 'cpu', ...microseconds },
    targets: {
      limit: { ...SERVICES.limit, lines: 2 },
      ours: { ...SERVICES.ours, what: 'this library, HttpService; a third line, that of the call', lines: 3 },
      'ours, no line': SERVICES['ours, no line'],
    },
    roles: chain,
    token: 'internal',
    load: { method: 'GET', path: '/orders', connections: 32, requests: 1_000 },
    comparedWith: ['limit'],
    rounds: 21,
    warmUp: 20_000,
    seconds: 90,
  },
  upload: {
    title: 'Upload: 100 MiB through the gateway',
    measures: { what: 'CPU for 100 MiB', of: 'cpu', ...milliseconds },
    targets: pick(GATEWAYS, 'floor', 'peer', 'ours'),
    roles: gateway,
    token: 'access',
    load: { method: 'POST', path: '/sink', connections: 2, requests: 4, body: BODY, lines: false },
    comparedWith: ['floor'],
    anew: true,
    rounds: 7,
    warmUp: 8,
    seconds: 70,
  },
  download: {
    title: 'Download: 100 MiB through the gateway',
    measures: { what: 'CPU for 100 MiB', of: 'cpu', ...milliseconds },
    targets: pick(GATEWAYS, 'floor', 'peer', 'ours'),
    roles: gateway,
    token: 'access',
    load: { method: 'GET', path: '/blob', connections: 2, requests: 4, lines: false },
    comparedWith: ['floor'],
    anew: true,
    rounds: 7,
    warmUp: 8,
    seconds: 70,
  },
  'memory of the gateway': {
    title: 'Memory of the gateway under load',
    measures: { what: 'resident memory', of: 'memory', ...mebibytes },
    targets: pick(GATEWAYS, 'limit', 'peer', 'ours'),
    roles: gateway,
    token: 'access',
    load: { method: 'GET', path: '/items', connections: 32, requests: 12_000 },
    comparedWith: ['peer'],
    anew: true,
    rounds: 5,
    warmUp: 0,
    seconds: 60,
  },
  'memory of the service': {
    title: 'Memory of a service under load',
    measures: { what: 'resident memory', of: 'memory', ...mebibytes },
    targets: pick(SERVICES, 'limit', 'peer', 'ours'),
    roles: service,
    token: 'internal',
    load: { method: 'GET', path: '/items', connections: 32, requests: 12_000 },
    comparedWith: ['peer'],
    anew: true,
    rounds: 5,
    warmUp: 0,
    seconds: 60,
  },
};
