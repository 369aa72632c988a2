// What is compared. Every process is the same small service; only what stands here differs.

/** Sampled variants write or record one request in a hundred. */
const RATE = 0.01;

/**
 * - `log`: options of `InternalTokenLoggingModule`, which is imported where they are there
 * - `level` of the logger, by default `info`
 * - `applicationLine`: the handler writes a line too
 * - `otel`: what becomes of the spans of OpenTelemetry, which is loaded where it is there
 * - `lines`: how many lines or spans a request leaves behind; checked in every round
 */
export const REQUEST = {
  title: 'One request: token verified, guard, handler, answer',
  path: '/stock/7',
  variants: [
    { name: 'none', what: 'guard and context; no line, no span', lines: 0 },
    { name: 'none, once more', what: 'the same in a second process: how far equals differ', lines: 0 },
    { name: 'log line', what: 'one JSON line a request, into a file', log: {}, lines: 1 },
    { name: 'log line, /dev/null', what: 'the same, and the kernel throws it away', log: {}, lines: 1, output: 'null' },
    {
      name: 'log line, and the handler’s',
      what: 'and a line that the handler writes by Nest’s `Logger`',
      log: {},
      applicationLine: true,
      lines: 2,
    },
    { name: 'log line, level debug', what: 'and a line when the request begins', log: {}, level: 'debug', lines: 2 },
    {
      name: 'log line, 1 % sampled',
      what: '`sampling: { rate: 0.01 }`',
      log: { sampling: { rate: RATE } },
      lines: RATE,
    },
    { name: 'OpenTelemetry', what: 'one span a request, batched, thrown away', otel: 'discard', lines: 1 },
    { name: 'OpenTelemetry, written', what: 'one span a request, batched, OTLP into a file', otel: 'write', lines: 1 },
    {
      name: 'OpenTelemetry, 1 % sampled',
      what: '`TraceIdRatioBasedSampler(0.01)`, thrown away',
      otel: 'discard',
      otelRatio: RATE,
      lines: RATE,
    },
  ],
};

export const CALL = {
  title: 'One request that calls another service by `fetch`',
  path: '/order/7',
  variants: [
    { name: 'none', what: 'the call carries the token; no line, no span', lines: 0 },
    { name: 'none, once more', what: 'the same in a second process', lines: 0 },
    { name: 'log line', what: 'two JSON lines a request, into a file', log: {}, lines: 2 },
    { name: 'OpenTelemetry', what: 'two spans a request, batched, thrown away', otel: 'discard', lines: 2 },
    { name: 'OpenTelemetry, written', what: 'two spans a request, batched, OTLP into a file', otel: 'write', lines: 2 },
  ],
};
