import { OptionPath } from '../core/index.js';
import { trustDomainOption, workloadIdFault } from './workload-id.js';

const fault = (id: string) => workloadIdFault(id, 'shop.test', ['spiffe']);

describe('workload ids', () => {
  it.each(['spiffe://shop.test/orders', 'spiffe://shop.test/ns/shop/sa/orders-2', 'spiffe://shop.test/...'])(
    'R146: accepts %s as a workload id',
    (id) => {
      expect(fault(id)).toBeUndefined();
    },
  );

  it.each([
    'spiffe://other.test/orders',
    'spiffe://shop.test.other.test/orders',
    'spiffe://other.shop.test/orders',
    'spiffe://shoptest/orders',
  ])('R146: refuses %s, which belongs to another trust domain', (id) => {
    expect(fault(id)).toContain('another trust domain');
  });

  it.each([
    'SPIFFE://shop.test/orders',
    'spiffe://Shop.test/orders',
    'spiffe://shop.test',
    'spiffe://shop.test/',
    'spiffe://shop.test//orders',
    'spiffe://shop.test/orders/',
    'spiffe://shop.test/a/../orders',
    'spiffe://shop.test/./orders',
    'spiffe://shop.test/%6frders',
    'spiffe://shop.test/orders?a',
    'spiffe://shop.test/orders#a',
    'spiffe://user@shop.test/orders',
    'spiffe://shop.test:443/orders',
    'spiffe://shop.test/orders\n',
    'spiffe:/shop.test/orders',
    'https://shop.test/orders',
    'wimse://shop.test/orders',
    ' spiffe://shop.test/orders',
    `spiffe://shop.test/${'a'.repeat(2048)}`,
  ])('R146: refuses %j as a workload id', (id) => {
    expect(fault(id)).toContain('not a workload identifier');
  });

  it.each(['', 'spiffe://shop.test', 'Shop.test', 'shop.test/', undefined])('refuses %j as a trust domain', (given) => {
    expect(() => trustDomainOption(given, new OptionPath('test', 'trustDomain'))).toThrow(/"trustDomain"/);
  });
});
