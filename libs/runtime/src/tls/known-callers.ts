import type { Provider } from '@nestjs/common';
import { CallerAuthenticator, MtlsCallerAuthenticator } from 'nestjs-internal-token/caller';

/** Module members that INTERNAL_CALLERS needs, to be spread into a module; empty without it. */
export function knownCallers(values: {
  readonly TRUST_DOMAIN: string;
  readonly INTERNAL_CALLERS?: readonly string[] | undefined;
}): { readonly providers: Provider[]; readonly options: { readonly callers?: { readonly allow: readonly string[] } } } {
  const { TRUST_DOMAIN: trustDomain, INTERNAL_CALLERS: allow } = values;
  if (allow === undefined) return { providers: [], options: {} };
  const useFactory = () => new MtlsCallerAuthenticator({ trustDomain });
  return { providers: [{ provide: CallerAuthenticator, useFactory }], options: { callers: { allow } } };
}
