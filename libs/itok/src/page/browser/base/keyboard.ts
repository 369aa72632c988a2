import { useLayoutEffect, useRef } from 'preact/hooks';

/** Handlers by key, as the reader's layout names it. Return false to leave the key to the browser. */
export type Keys = Readonly<Record<string, () => void | boolean>>;

/** Keys that work wherever the focus is, except in text fields. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  // Registered with the first frame, because a key may be pressed at once.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (isTyping(event.target)) return;
      press(latest.current, event);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

/** Calls the handler of a key, if there is one. */
export function press(keys: Keys, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const action = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
  if (action === undefined || action() === false) return;
  event.preventDefault();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
