const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

type Level = (typeof LEVELS)[number];

/** Names that other loggers use. */
const ALIASES = new Map<unknown, Level>([
  ...LEVELS.map((level) => [level, level] as const),
  ['verbose', 'trace'],
  ['silly', 'trace'],
  ['log', 'info'],
  ['notice', 'info'],
  ['information', 'info'],
  ['warning', 'warn'],
  ['err', 'error'],
  ['crit', 'fatal'],
  ['critical', 'fatal'],
  ['alert', 'fatal'],
  ['emerg', 'fatal'],
]);

/** The level in the contract's words, also for pino's numbers (10 to 60); `info` if the line has none. */
export function lineLevel(value: unknown): string {
  if (typeof value === 'number') return LEVELS[Math.min(Math.max(Math.floor(value / 10), 1), 6) - 1] ?? 'info';
  return ALIASES.get(value) ?? (typeof value === 'string' ? ALIASES.get(value.toLowerCase()) : undefined) ?? 'info';
}
