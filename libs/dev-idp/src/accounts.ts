import { timingSafeEqual } from 'node:crypto';

export interface DevelopmentAccount {
  readonly subject: string;
  readonly name: string;
  readonly tenantId: string;
  readonly permissions: readonly string[];
  /** What this account can do, shown on the sign-in page. */
  readonly summary: string;
}

const EVERYTHING = [
  'catalog:read',
  'catalog:write',
  'inventory:read',
  'inventory:write',
  'orders:read',
  'orders:write',
] as const;

const READ_ONLY = EVERYTHING.filter((permission) => permission.endsWith(':read'));

/** Not a secret: it is printed on the sign-in page, which is served only on loopback. */
export const DEVELOPMENT_PASSWORD = 'development';

export const DEVELOPMENT_ACCOUNTS: readonly DevelopmentAccount[] = [
  { subject: 'alice', name: 'Alice Moreau', tenantId: 'acme', permissions: EVERYTHING, summary: 'May do everything' },
  { subject: 'bob', name: 'Bob Lindqvist', tenantId: 'acme', permissions: READ_ONLY, summary: 'May only read' },
  { subject: 'carol', name: 'Carol Okafor', tenantId: 'globex', permissions: EVERYTHING, summary: 'May do everything' },
];

export function accountOf(subject: string): DevelopmentAccount | undefined {
  return DEVELOPMENT_ACCOUNTS.find((account) => account.subject === subject);
}

export function authenticate(login: string, password: string): DevelopmentAccount | undefined {
  const given = Buffer.from(password);
  const wanted = Buffer.from(DEVELOPMENT_PASSWORD);
  const right = given.length === wanted.length && timingSafeEqual(given, wanted);
  return right ? accountOf(login.trim().toLowerCase()) : undefined;
}
