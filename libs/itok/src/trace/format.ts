/** `0.42 ms`, `12.3 ms`, `1,234 ms`, `12.3 s`: three significant digits. */
export function milliseconds(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  if (size >= 100) return `${Math.round(value).toLocaleString('en')} ms`;
  return `${value.toFixed(size >= 10 ? 1 : 2)} ms`;
}

/** A quantile; `–` if nothing has ended yet. */
export function latency(value: number): string {
  return value > 0 ? milliseconds(value) : '–';
}

/** `+12.3 ms`, `−0.40 ms`: since the beginning of a request. */
export function offset(value: number): string {
  return `${value < 0 ? '−' : '+'}${milliseconds(Math.abs(value))}`;
}

/** `71 %`, `0.8 %` */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

/** `4.2/s`; empty if there is no rate. */
export function rate(perSecond: number): string {
  return perSecond > 0 ? `${perSecond.toFixed(1)}/s` : '';
}

/** `12,345` */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** `1 span`, `2 spans` */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `512 B`, `18.4 kB`, `104.9 MB` */
export function bytes(value: number): string {
  if (value < 1_000) return `${value} B`;
  return value < 1e6 ? `${(value / 1e3).toFixed(1)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}
