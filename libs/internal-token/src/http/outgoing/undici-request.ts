/** A request as undici announces it, from version 5 on. `onError` became `onResponseError` in version 8. */
export interface UndiciRequest {
  readonly origin: string | URL;
  readonly method: string;
  readonly path: string;
  readonly upgrade?: string | null;
  /** Name, value, name, value, …; text in version 5. */
  headers: unknown[] | string;
  addHeader(name: string, value: string): unknown;
  /** Called when there is a connection; `onConnect` before version 8. */
  onRequestStart?(...args: unknown[]): unknown;
  onConnect?(...args: unknown[]): unknown;
  readonly abort?: ((error: Error) => void) | null;
  onResponseError?(error: Error): unknown;
  onError?(error: Error): unknown;
}
