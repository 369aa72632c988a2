import { useEffect, useRef, useState } from 'preact/hooks';

export interface Loaded<T> {
  /** The last loaded value; it stays while the next one is loading. */
  readonly value?: T;
  readonly error?: string;
}

/** Loads again whenever `on` changes; drops an answer that arrives too late. */
export function useLoaded<T>(load: (() => Promise<T>) | undefined, on: readonly unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({});
  useEffect(() => {
    if (load === undefined) return setLoaded({});
    let current = true;
    load().then(
      (value) => current && setLoaded({ value }),
      (error: unknown) =>
        current && setLoaded((last) => ({ ...last, error: error instanceof Error ? error.message : String(error) })),
    );
    return () => {
      current = false;
    };
  }, on);
  return loaded;
}

/** The value, updated at most once per this many milliseconds. */
export function useThrottled<T>(value: T, everyMs: number): T {
  const [shown, setShown] = useState(value);
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + everyMs - performance.now());
    const timer = setTimeout(() => {
      last.current = performance.now();
      setShown(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value]);
  return shown;
}
