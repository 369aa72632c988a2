export { type OtlpRequest, type OtlpSpan, toOtlp } from './otlp.js';
export { type PostReport, postSpans } from './post-spans.js';
export { PostError, type PostFailure } from './post-error.js';
export type { PostTarget, SpanFormat } from './post-target.js';
export { toZipkin, type ZipkinSpan } from './zipkin.js';
