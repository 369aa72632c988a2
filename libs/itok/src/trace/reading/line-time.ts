/** The latest time a Date can hold. */
const MAX_TIME = 8.64e15;

const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\d*(Z|[+-]\d\d:?\d\d)?$/;

/** Epoch milliseconds from a number of them or from ISO 8601 text, with microseconds; UTC without a zone. */
export function lineTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? fromText(value) : value;
  return typeof time === 'number' && time >= 0 && time <= MAX_TIME ? time : undefined;
}

function fromText(text: string): number | undefined {
  const [, date, time, fraction = '0', zone = 'Z'] = ISO.exec(text.slice(0, 64)) ?? [];
  if (date === undefined) return undefined;
  const whole = Date.parse(`${date}T${time}${zone}`);
  return whole + Math.round(Number(`0.${fraction}`) * 1e6) / 1e3;
}
