// The compared variants. Every process is the same small service; it differs only in these settings.

/** Sampled variants write or record one request in a hundred. */
const RATE = 0.01;

/**
 * - `log`: options of `InternalTokenLoggingModule`, which is imported only if they are present
 * - `level`: level of the logger, `info` by default
 * - `applicationLine`: the handler writes a line too
 * - `otel`: what happens to OpenTelemetry's spans; OpenTelemetry is loaded only if it is present
 * - `lines`: lines or spans per request; checked in every round
 */
export const REQUEST = {
  title: 'One request: token verified, guard, handler, answer',
  path: '/stock/7',
  variants: [
    { name: 'none', what: 'guard and context; no line, no span', lines: 0 },
    { name: 'none, once more', what: 'the same in a second process, to show the noise', lines: 0 },
    { name: 'log line', what: 'one JSON line per request, into a file', log: {}, lines: 1 },
    { name: 'log line, /dev/null', what: 'the same, discarded by the kernel', log: {}, lines: 1, output: 'null' },
    {
      name: 'log line, and the handler’s',
      what: 'and a line that the handler writes with Nest’s `Logger`',
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
    { name: 'OpenTelemetry', what: 'one span per request, batched, discarded', otel: 'discard', lines: 1 },
    {
      name: 'OpenTelemetry, written',
      what: 'one span per request, batched, OTLP into a file',
      otel: 'write',
      lines: 1,
    },
    {
      name: 'OpenTelemetry, 1 % sampled',
      what: '`TraceIdRatioBasedSampler(0.01)`, discarded',
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
    { name: 'log line', what: 'two JSON lines per request, into a file', log: {}, lines: 2 },
    { name: 'OpenTelemetry', what: 'two spans per request, batched, discarded', otel: 'discard', lines: 2 },
    {
      name: 'OpenTelemetry, written',
      what: 'two spans per request, batched, OTLP into a file',
      otel: 'write',
      lines: 2,
    },
  ],
};
