import { jest } from '@jest/globals';
import { FieldRules } from './field-rules.js';

const ORDINARY = ['Host', 'Accept', 'User-Agent', 'Authorization', 'X-Custom'];

describe('FieldRules', () => {
  it('R175: a client that invents names does not slow down other requests', () => {
    const rules = new FieldRules();
    for (let index = 0; index < 600; index++) rules.of(`X-Invented-${index}`);
    const judge = jest.spyOn(rules, 'judge');
    for (let request = 0; request < 10; request++) for (const name of ORDINARY) rules.of(name);
    expect(judge).toHaveBeenCalledTimes(ORDINARY.length);
    for (let index = 0; index < 100; index++) rules.of(`X-Trickling-${index}`);
    for (const name of ORDINARY) rules.of(name);
    expect(judge).toHaveBeenCalledTimes(ORDINARY.length + 100);
  });

  it('R51: an invented name gets the right rule, cached or not', () => {
    const rules = new FieldRules();
    for (let index = 0; index < 2_000; index++) expect(rules.of(`Txn${'-'.repeat(index % 90)}Token`).rule).toBe('drop');
    for (let index = 0; index < 2_000; index++) expect(rules.of(`X-${index}`).rule).toBe('keep');
  });

  it('R175: families end at a separator, and names of the token match with any', () => {
    const rules = new FieldRules();
    const drop = ['X-Consumer', 'x_consumer_id', 'X-Consumer.Id', 'X--Consumer--Id', 'TXNTOKEN', 'X-InternalUser'];
    expect(drop.map((name) => rules.of(name).rule)).toEqual(drop.map(() => 'drop'));
    const keep = ['X-Consumers', 'X-Consumerid', 'Consumer-Id', 'X-Txn-Tokens', 'B3a', 'X-B3a'];
    expect(keep.map((name) => rules.of(name).rule)).toEqual(keep.map(() => 'keep'));
  });

  it('R175: proxies are trusted for where a client comes from, not for who it is', () => {
    const rules = new FieldRules({ keep: ['X-Forwarded-Email'] });
    const believed = ['For', 'Host', 'Proto', 'Port', 'Prefix', 'Server'].map((name) => `X-Forwarded-${name}`);
    expect(believed.map((name) => rules.of(name).rule)).toEqual(believed.map(() => 'forwarded'));
    const drop = ['User', 'Groups', 'Client-Cert', 'Access-Token', 'Whatever'].map((name) => `X-Forwarded-${name}`);
    expect([...drop, 'X_Forwarded_For'].map((name) => rules.of(name).rule)).toEqual([...drop, ''].map(() => 'drop'));
    expect(rules.of('X-Forwarded-Email').rule).toBe('keep');
  });

  it.each([
    ['Remote-Groups', 'Remote-Email', 'X-Remote-Group', 'X-Remote-Extra-Scopes', 'X-User', 'X-User-Groups'],
    ['X-Credential-Identifier', 'X-Anonymous-Consumer', 'X-Authentik-Email', 'Tailscale-User-Login', 'X-Vouch-User'],
    ['X-WEBAUTH-USER', 'Impersonate-User', 'Impersonate-Extra-Scopes', 'X-Jwt-Assertion', 'Remote_User'],
    ['X-Instana-T', 'jaeger-baggage', 'elastic-apm-traceparent'],
  ])('R175: drops %s and the like', (...names) => {
    const rules = new FieldRules();
    expect(names.filter((name) => rules.of(name).rule !== 'drop')).toEqual([]);
  });

  it('R175: keeps a configured field only in its exact spelling', () => {
    const rules = new FieldRules({ keep: ['X-Request-Id', 'X-Consumer-Id', 'Txn-Token'] });
    expect(['x-request-id', 'X-CONSUMER-ID'].map((name) => rules.of(name).rule)).toEqual(['keep', 'keep']);
    const drop = ['X_Request_Id', 'x-consumer_id', 'X-Consumer-Username', 'Txn-Token'];
    expect(drop.map((name) => rules.of(name).rule)).toEqual(drop.map(() => 'drop'));
  });
});
