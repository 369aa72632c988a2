import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { stripResponseFields } from './strip-response-fields.js';

function guarded(): ServerResponse {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  stripResponseFields(response);
  return response;
}

describe('R57: stripResponseFields', () => {
  it.each([
    ['set', (r: ServerResponse) => r.setHeader('TXN-Token', 'x').writeHead(200)],
    ['set and flushed', (r: ServerResponse) => r.setHeader('Txn-Token', 'x').flushHeaders()],
    ['set and ended', (r: ServerResponse) => r.setHeader('Txn-Token', 'x').end()],
    ['appended', (r: ServerResponse) => r.appendHeader('txn-token', 'x').writeHead(200)],
    ['written', (r: ServerResponse) => r.writeHead(200, { 'Txn-TOKEN': 'x' })],
    ['written after a reason', (r: ServerResponse) => r.writeHead(200, 'Fine', { 'txn-token': 'x' })],
    ['written as a list', (r: ServerResponse) => r.writeHead(200, ['Txn-Token', 'x', 'X-Other', '1'])],
    [
      'written over what was set',
      (r: ServerResponse) => r.setHeader('X-Other', '1').writeHead(200, { 'Txn-Token': 'x', 'txn-token': 'y' }),
    ],
  ])('removes a token that was %s', (_name, write) => {
    const response = guarded();
    write(response);
    expect(response.headersSent).toBe(true);
    expect(headOf(response).toLowerCase()).not.toContain('txn-token');
  });

  it('removes the token from CORS lists', () => {
    const response = guarded();
    response.setHeader('Access-Control-Expose-Headers', ['X-A', 'Txn-Token']);
    response.writeHead(200, { 'access-control-allow-headers': 'txn-token, X-B' });
    expect(headOf(response)).toMatch(/access-control-expose-headers: X-A\r\n/i);
    expect(headOf(response)).toMatch(/access-control-allow-headers: X-B\r\n/i);
  });

  it('leaves everything else unchanged', () => {
    const response = guarded();
    response.setHeader('X-Set', '1');
    response.writeHead(201, 'Made', { 'X-Written': ['2', '3'] });
    expect(headOf(response)).toMatch(/^HTTP\/1\.1 201 Made\r\n/);
    expect(headOf(response)).toContain('X-Set: 1\r\n');
    expect(headOf(response)).toContain('X-Written: 2\r\nX-Written: 3\r\n');
  });
});

function headOf(response: ServerResponse): string {
  return (response as unknown as { _header: string })._header;
}
