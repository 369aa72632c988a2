/** `0.42 ms`, `12.3 ms`, `1,234 ms`, `12.3 s`: three significant digits, as the terminal prints them. */
export function milliseconds(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  if (size >= 100) return `${Math.round(value).toLocaleString('en')} ms`;
  return `${value.toFixed(size >= 10 ? 1 : 2)} ms`;
}

/** Claims hold times in whole seconds, so a token's age is no finer: `0.0 s`, `1.0 s`, as the terminal prints it. */
export function tokenAge(value: number): string {
  const tenths = Math.round(value / 100);
  return `${tenths < 0 ? '−' : ''}${Math.abs(tenths / 10).toFixed(1)} s`;
}

/** For an axis, without redundant digits: `0`, `12.5 ms`, `400 ms`, `1.5 s` */
export function tick(value: number): string {
  if (value === 0) return '0';
  const [shown, unit] =
    Math.abs(value) >= 1000 ? [value / 1000, 's'] : Math.abs(value) < 0.1 ? [value * 1000, 'µs'] : [value, 'ms'];
  return `${Number(shown.toPrecision(6)).toLocaleString('en')} ${unit}`;
}

/** `71 %`, `0.8 %` */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `36.3/s`, and for rare events `1.27/min`, `3.1/h` */
export function rate(perSecond: number): string {
  const [times, unit] = perSecond >= 0.1 ? [1, 's'] : perSecond >= 0.1 / 60 ? [60, 'min'] : [3600, 'h'];
  const value = perSecond * times;
  return `${value.toLocaleString('en', { maximumSignificantDigits: value >= 1000 ? 4 : 3 })}/${unit}`;
}

/** The total time of many requests: `61.0 ms`, `29 s`, `39 min` */
export function period(value: number): string {
  const [size, unit] = STEPS.find(([each]) => value >= 2 * each) ?? [];
  return size === undefined ? milliseconds(value) : `${Math.round(value / size)} ${unit}`;
}

/** The reader's clock: `10:41:53.207` */
export function clock(epochMs: number): string {
  const date = new Date(epochMs);
  return `${date.toLocaleTimeString('en-GB')}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** With day and UTC offset, to share with others: `2026-11-26 10:41:53.207 UTC+01:00` */
export function moment(epochMs: number): string {
  const date = new Date(epochMs);
  if (Number.isNaN(date.getTime())) return String(epochMs);
  const east = -date.getTimezoneOffset();
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const zone = east === 0 ? 'UTC' : `UTC${east < 0 ? '−' : '+'}${two(Math.abs(east) / 60)}:${two(Math.abs(east) % 60)}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(epochMs)} ${zone}`;
}

const STEPS: readonly [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** `in 43 s`, `3 min ago`, `now` */
export function fromNow(epochMs: number, now: number): string {
  const distance = epochMs - now;
  for (const [size, unit] of STEPS) {
    if (Math.abs(distance) < size) continue;
    const value = `${Math.round(Math.abs(distance) / size)} ${unit}`;
    return distance > 0 ? `in ${value}` : `${value} ago`;
  }
  return 'now';
}
