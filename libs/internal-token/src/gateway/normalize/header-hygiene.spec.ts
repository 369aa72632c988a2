import { createServer, IncomingMessage, request as httpRequest } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Socket } from 'node:net';
import { FieldRules } from './field-rules.js';
import { cleanFields, removeField, replaceField, sealFields } from './header-hygiene.js';

/** A message whose header views were built by Node itself. */
function message(...fields: readonly (readonly [string, string])[]): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.rawHeaders.push(...fields.flat());
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    headers[lower] = headers[lower] === undefined ? value : `${headers[lower]}, ${value}`;
  }
  request.headers = headers;
  return request;
}

function cleaned(fields: readonly (readonly [string, string])[], trusted = false, also: readonly string[] = []) {
  const request = message(...fields);
  cleanFields(request, new FieldRules({ strip: also }), trusted);
  sealFields(request);
  return request;
}

describe('cleanFields', () => {
  it('leaves ordinary fields unchanged, in order and spelling', () => {
    const { rawHeaders, headers } = cleaned([
      ['Host', 'a'],
      ['X-Custom_Field.1', 'b'],
      ['Accept', 'c'],
    ]);
    expect(rawHeaders).toEqual(['Host', 'a', 'X-Custom_Field.1', 'b', 'Accept', 'c']);
    expect(headers).toEqual({ host: 'a', 'x-custom_field.1': 'b', accept: 'c' });
  });

  it('R51: recognizes a name with other separators and in any case', () => {
    for (const name of ['Txn-Token', 'TXN_TOKEN', 'txn.token', 'TxnToken', 'txn--token', 'X-Txn-Token']) {
      expect(cleaned([[name, 'x']]).rawHeaders).toEqual([]);
    }
  });

  it('R51: removes configured names in every spelling', () => {
    expect(cleaned([['x_old_token', 'x']], false, ['X-Old-Token']).rawHeaders).toEqual([]);
    expect(cleaned([['x_old_token', 'x']]).rawHeaders).toHaveLength(2);
  });

  it('R58: keeps forwarding fields only from a configured proxy, in their exact spelling', () => {
    const fields = [
      ['X-Forwarded-For', 'a'],
      ['X_Forwarded_For', 'b'],
      ['Forwarded', 'c'],
    ] as const;
    expect(cleaned(fields).rawHeaders).toEqual([]);
    expect(cleaned(fields, true).rawHeaders).toEqual(['X-Forwarded-For', 'a', 'Forwarded', 'c']);
  });

  it('R52: removes fields that a Connection field names, but keeps the framing', () => {
    const { headers } = cleaned([
      ['Connection', 'close, X-A'],
      ['connection', ' x-b ,content-length'],
      ['X-A', '1'],
      ['x-b', '2'],
      ['X-C', '3'],
      ['Content-Length', '0'],
    ]);
    expect(headers).toEqual({ 'x-c': '3', 'content-length': '0' });
  });

  it('R57: removes forbidden fields from a preflight', () => {
    const { headers, rawHeaders } = cleaned([['Access-Control-Request-Headers', 'authorization, Txn-Token,x']]);
    expect(headers['access-control-request-headers']).toBe('authorization,x');
    expect(rawHeaders[1]).toBe('authorization,x');
  });

  it('keeps the three header views of Node in step', async () => {
    const server = createServer((request, response) => {
      cleanFields(request, new FieldRules(), false);
      removeField(request, 'authorization');
      replaceField(request, 'host', 'b');
      sealFields(request);
      const { rawHeaders, headers, headersDistinct } = request;
      response.end(JSON.stringify({ rawHeaders, headers, headersDistinct }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const headers = { 'Txn-Token': 'x', Authorization: 'y', 'X-Two': ['1', '2'] };
    const sent = httpRequest({ port, host: '127.0.0.1', headers }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response) body += String(chunk);
    server.close();
    expect(JSON.parse(body)).toEqual({
      rawHeaders: ['X-Two', '1', 'X-Two', '2', 'host', 'b'],
      headers: { 'x-two': '1, 2', host: 'b' },
      headersDistinct: { 'x-two': ['1', '2'], host: ['b'] },
    });
  });
});
