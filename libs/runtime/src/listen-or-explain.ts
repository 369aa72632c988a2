import { ConfigurationError } from './settings/configuration-error.js';

/** Translates the failure to listen on an address to an error that names its setting. */
export async function listenOrExplain<Result>(
  application: string,
  setting: string,
  listen: () => Promise<Result>,
): Promise<Result> {
  try {
    return await listen();
  } catch (error) {
    throw namedListenError(application, setting, error);
  }
}

const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another process. Stop that process, or choose another port.',
  EACCES: 'may not be listened on by this user. Choose a port above 1023.',
  EADDRNOTAVAIL: 'is no address of this machine.',
  ENOTFOUND: 'is no address of this machine.',
};

function namedListenError(application: string, setting: string, error: unknown): unknown {
  const { code = '', address, hostname, port } = error as NodeJS.ErrnoException & Record<string, string | undefined>;
  const reason = LISTEN_FAILURES[code];
  if (reason === undefined) return error;
  const place = `${address ?? hostname ?? ''}${port === undefined ? '' : `:${port}`}`;
  return new ConfigurationError(application, [{ name: setting, message: `${place} ${reason}` }]);
}
