export { InternalTokenLoggingModule } from './internal-token-logging.module.js';
export { InternalTokenLogger, type InternalTokenLoggerOptions } from './internal-token-logger.js';
export type { LineLevel, LogLine } from './log-line.js';
export { redactText } from './redaction.js';
export { internalTokenLogFields } from './request-fields.js';
export type { SamplingOptions } from './sampling.js';
export type { IdentityField } from './span-line.js';
export type { InternalTokenLoggingOptions } from './internal-token-logging.options.js';
