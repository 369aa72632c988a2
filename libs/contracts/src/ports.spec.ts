import { catalogPort, id, idempotencyKey, inventoryPort, lines, ordersPort } from './index.js';

const apple = '0196b3a4-0001-7000-8000-00000000000a';

describe('The ports of the shop', () => {
  it('every port method names its purposes', () => {
    for (const port of [catalogPort, inventoryPort, ordersPort]) {
      for (const method of Object.values(port.methods)) expect(method.purposes.length).toBeGreaterThan(0);
    }
    expect(inventoryPort.methods.reserve.purposes).toEqual(['orders.write']);
    expect(catalogPort.methods.findItems.purposes).toEqual(['catalog.read', 'orders.write']);
  });

  it('every port method is idempotent, except for placing an order', () => {
    const repeatable = [catalogPort, inventoryPort, ordersPort].flatMap((port) =>
      Object.entries(port.methods).map(([name, { idempotent }]) => [`${port.name}.${name}`, idempotent]),
    );
    expect(repeatable.filter(([, idempotent]) => !idempotent)).toEqual([['orders.place', false]]);
  });
});

describe('The fields of the contracts', () => {
  it('accepts only one spelling of an id', () => {
    expect(id.parse(apple.toUpperCase())).toBe(apple);
  });

  it.each([
    ['no line', []],
    [
      'a duplicate item',
      [
        { itemId: apple, quantity: 1 },
        { itemId: apple.toUpperCase(), quantity: 1 },
      ],
    ],
    ['no quantity', [{ itemId: apple, quantity: 0 }]],
    ['half a piece', [{ itemId: apple, quantity: 0.5 }]],
    ['a number too large to be exact', [{ itemId: apple, quantity: 2 ** 53 }]],
    ['an unknown key', [{ itemId: apple, quantity: 1, price: 1 }]],
    ['a quantity in text', [{ itemId: apple, quantity: '1' }]],
    ['an invalid id', [{ itemId: `${apple}\u0000`, quantity: 1 }]],
    ['51 lines', Array.from({ length: 51 }, () => ({ itemId: crypto.randomUUID(), quantity: 1 }))],
  ])('refuses order lines with %s', (_, value) => {
    expect(lines.safeParse(value).success).toBe(false);
  });

  it.each(['', ' ', 'a b', 'a, b', 'é', 'a\u0000', 'x'.repeat(129)])('refuses the idempotency key %j', (value) => {
    expect(idempotencyKey.safeParse(value).success).toBe(false);
  });
});
