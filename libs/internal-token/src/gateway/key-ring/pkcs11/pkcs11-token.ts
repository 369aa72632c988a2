import type { Handle, PKCS11 } from 'pkcs11js';
import { InternalTokenError } from '../../../core/index.js';

type Pkcs11Module = typeof import('pkcs11js');

/** Where the token is, and how to log in to it. */
export interface Pkcs11TokenOptions {
  /** Path of the vendor's PKCS#11 library. */
  readonly library: string;
  /** Label of the token. */
  readonly token: string;
  readonly pin: () => string | Promise<string>;
  /** Number of concurrent signatures. */
  readonly sessions: number;
}

/** One signature to make. */
export interface Pkcs11Signature {
  /** CKA_LABEL of the private key. */
  readonly label: string;
  readonly mechanism: 'CKM_ECDSA' | 'CKM_SHA256_RSA_PKCS';
  readonly data: Buffer;
  readonly signatureBytes: number;
}

/** An open connection. If the token is lost, it is closed as a whole and a new one is opened. */
interface Connection {
  readonly module: Pkcs11Module;
  readonly pkcs11: PKCS11;
  readonly idle: Handle[];
  readonly all: readonly Handle[];
  readonly waiting: ((session: Handle) => void)[];
  readonly privateKeys: Map<string, Handle>;
}

const SIGN_TIMEOUT_MS = 5000;
/** Signatures that may wait for a session. Beyond that, the token is too slow for the load and waiting is useless. */
const MOST_WAITING = 1000;

/** A PKCS#11 token that signs. The private keys never leave it. */
export class Pkcs11Token {
  readonly #options: Pkcs11TokenOptions;
  #connecting: Promise<Connection> | undefined;
  #closed = false;

  constructor(options: Pkcs11TokenOptions) {
    this.#options = options;
  }

  /** Asks the token. If the connection turns out to be lost, asks once more over a new one. */
  async ask<T>(
    question: (connection: Pick<Connection, 'module' | 'pkcs11'>, session: Handle) => T | Promise<T>,
  ): Promise<T> {
    return this.#withRetry((connection) => withSession(connection, (session) => question(connection, session)));
  }

  sign(signature: Pkcs11Signature): Promise<Uint8Array> {
    return this.#withRetry((connection) =>
      withSession(connection, (session) => signIn(connection, session, signature)),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = await this.#connecting?.catch(() => undefined);
    this.#connecting = undefined;
    for (const session of connection?.all ?? []) quietly(() => connection?.pkcs11.C_CloseSession(session));
  }

  async #withRetry<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    try {
      return await work(connection);
    } catch (error) {
      if (!isLost(connection.module, error)) throw error;
      await this.#drop(connection);
      return work(await this.#connect());
    }
  }

  #connect(): Promise<Connection> {
    if (this.#closed) return Promise.reject(new Error('the PKCS#11 token is closed'));
    this.#connecting ??= this.#open().catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }

  /** Several callers may notice the loss: the first one closes the connection, the others use the next. */
  async #drop(lost: Connection): Promise<void> {
    const current = await this.#connecting?.catch(() => undefined);
    if (current !== lost) return;
    this.#connecting = undefined;
    for (const session of lost.all) quietly(() => lost.pkcs11.C_CloseSession(session));
  }

  async #open(): Promise<Connection> {
    const { library, token, pin, sessions } = this.#options;
    const module = await loadModule();
    const pkcs11 = loadLibrary(module, library);
    const slot = pkcs11.C_GetSlotList(true).find((id) => pkcs11.C_GetTokenInfo(id).label.trim() === token);
    if (slot === undefined) throw invalid(`the library ${library} has no token "${token}"`);
    const flags = module.CKF_SERIAL_SESSION;
    const all = Array.from({ length: sessions }, () => pkcs11.C_OpenSession(slot, flags));
    try {
      pkcs11.C_Login(all[0] as Handle, module.CKU_USER, await pin());
    } catch (error) {
      if ((error as { code?: number }).code !== module.CKR_USER_ALREADY_LOGGED_IN) {
        for (const session of all) quietly(() => pkcs11.C_CloseSession(session));
        throw error;
      }
    }
    return { module, pkcs11, idle: [...all], all, waiting: [], privateKeys: new Map() };
  }
}

/** Runs `work` with a session of its own; waits for the next free one if all are in use. */
function withSession<T>(connection: Connection, work: (session: Handle) => T | Promise<T>): Promise<T> {
  const { idle, waiting } = connection;
  if (idle.length === 0 && waiting.length >= MOST_WAITING) {
    return Promise.reject(new Error(`${MOST_WAITING} signatures are already waiting for the PKCS#11 token`));
  }
  const working = async (): Promise<T> => {
    const session = idle.pop() ?? (await new Promise<Handle>((resolve) => waiting.push(resolve)));
    try {
      return await work(session);
    } finally {
      // Even after the time-out: a session stays in use until it answers.
      const next = waiting.shift();
      if (next === undefined) idle.push(session);
      else next(session);
    }
  };
  return withinTime(working());
}

function signIn(
  { module, pkcs11, privateKeys }: Connection,
  session: Handle,
  { label, mechanism, data, signatureBytes }: Pkcs11Signature,
): Promise<Buffer> {
  const known = privateKeys.get(label);
  const key = known ?? findOne({ module, pkcs11 }, session, module.CKO_PRIVATE_KEY, label);
  if (key === undefined) throw new Error(`the PKCS#11 token has no private key "${label}" any more`);
  privateKeys.set(label, key);
  pkcs11.C_SignInit(session, { mechanism: module[mechanism] }, key);
  return pkcs11.C_SignAsync(session, data, Buffer.alloc(signatureBytes));
}

/** Finds the object with this class and label. @throws Error if there are several, since either could be meant */
export function findOne(
  { module, pkcs11 }: Pick<Connection, 'module' | 'pkcs11'>,
  session: Handle,
  objectClass: number,
  label: string,
): Handle | undefined {
  pkcs11.C_FindObjectsInit(session, [
    { type: module.CKA_CLASS, value: objectClass },
    { type: module.CKA_LABEL, value: label },
  ]);
  try {
    const [found, second] = pkcs11.C_FindObjects(session, 2);
    if (second !== undefined) throw invalid(`the token has more than one key "${label}"`);
    return found;
  } finally {
    pkcs11.C_FindObjectsFinal(session);
  }
}

async function loadModule(): Promise<Pkcs11Module> {
  try {
    const loaded = (await import('pkcs11js')) as Pkcs11Module & { default?: Pkcs11Module };
    return loaded.default ?? loaded;
  } catch {
    throw invalid('the package pkcs11js is not installed or has no binary for this machine: run npm install pkcs11js');
  }
}

function loadLibrary(module: Pkcs11Module, path: string): PKCS11 {
  const pkcs11 = new module.PKCS11();
  try {
    pkcs11.load(path);
  } catch {
    throw invalid(`${path} is not a PKCS#11 library`);
  }
  try {
    // Signatures run on threads of Node's pool.
    pkcs11.C_Initialize({ flags: module.CKF_OS_LOCKING_OK });
  } catch (error) {
    if ((error as { code?: number }).code !== module.CKR_CRYPTOKI_ALREADY_INITIALIZED) throw error;
  }
  return pkcs11;
}

/** True if the token or the sessions are lost, so that a new connection may help. */
function isLost(module: Pkcs11Module, error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return [
    module.CKR_SESSION_HANDLE_INVALID,
    module.CKR_SESSION_CLOSED,
    module.CKR_USER_NOT_LOGGED_IN,
    module.CKR_DEVICE_REMOVED,
    module.CKR_DEVICE_ERROR,
    module.CKR_TOKEN_NOT_PRESENT,
    module.CKR_KEY_HANDLE_INVALID,
    module.CKR_OBJECT_HANDLE_INVALID,
    module.CKR_CRYPTOKI_NOT_INITIALIZED,
  ].some((lost) => lost === code);
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the PKCS#11 token does not answer')), SIGN_TIMEOUT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function quietly(call: () => unknown): void {
  try {
    call();
  } catch {
    // It is gone already.
  }
}

function invalid(finding: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `PKCS#11: ${finding}.`);
}
