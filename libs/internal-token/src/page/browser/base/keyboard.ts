import { useLayoutEffect, useRef } from 'preact/hooks';

/** By the key as the reader's layout names it. Returns false to let the browser have it. */
export type Keys = Readonly<Record<string, () => void | boolean>>;

/** Keys that work wherever the focus is, except where one types. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  // With the first picture, not some time after it: a key may be pressed at once.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (isTyping(event.target)) return;
      press(latest.current, event);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

/** Does what the key stands for, if it stands for something. */
export function press(keys: Keys, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const action = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
  if (action === undefined || action() === false) return;
  event.preventDefault();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
