import { PortError } from '@app/contracts';
import { InternalTokenError } from 'nestjs-internal-token';

/** Nobody may act on an expired token, so that nobody need wait for an answer beyond its life. */
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
