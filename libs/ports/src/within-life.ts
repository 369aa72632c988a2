import { PortError } from '@app/contracts';
import { InternalTokenError } from 'nestjs-internal-token';

/** Limits a call to the lifetime of the token, since nobody may act on an expired one. */
export async function withinLife<Answer>(
  claims: { readonly expiresAt: number },
  operation: string,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const left = claims.expiresAt * 1000 - Date.now();
  if (left <= 0) throw new InternalTokenError('txn_expired');

  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(PortError.of('port_timeout', `${operation} did not answer within the life of the caller's token.`));
    }, left);
    timer.unref();
  });
  try {
    return await Promise.race([work(), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
