// What the services answer, ours included: about 1 KB of JSON with the caller's identity.
const ROWS = Array.from({ length: 12 }, (_, id) => ({
  id,
  sku: `SKU-${100_000 + id}`,
  name: 'Notebook A5 dotted',
  price: 12.5 + id,
  stock: 40,
}));

export const items = ({ user, tenant, txn }) => ({ user, tenant, txn, items: ROWS });
