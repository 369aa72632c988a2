import type { INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';

/** How a server answers a WebSocket handshake: with 101, or a refusal. */
export interface HandshakeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** What the server sent: the first frame after 101, or the body of the refusal. */
  readonly body: string;
}

/** A real WebSocket client: connects, and reads the first frame or the refusal. */
export function handshake(url: string, headers: Record<string, string> = {}): Promise<HandshakeAnswer> {
  return new Promise((resolve, reject) => {
    const client = new WebSocket(url.replace('http', 'ws'), { headers });
    client.once('error', reject);
    client.once('message', (data: Buffer) => {
      client.terminate();
      resolve({ status: 101, headers: {}, body: data.toString() });
    });
    client.once('unexpected-response', (_request, response) => {
      text(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      }, reject);
    });
  });
}

/** A real socket.io client: returns the first message the server pushes, or `refused`. */
export async function socketIo(
  url: string,
  transport: 'polling' | 'websocket',
  headers: Record<string, string> = {},
): Promise<string> {
  const client = io(url, { transports: [transport], reconnection: false, forceNew: true, extraHeaders: headers });
  const answer = await new Promise<string>((resolve) => {
    client.once('pushed', resolve);
    client.once('connect_error', () => resolve('refused'));
  });
  await new Promise<void>((resolve) => {
    const { engine } = client.io;
    if (engine.readyState === 'closed') resolve();
    else engine.once('close', () => resolve());
    client.disconnect();
  });
  return answer;
}

/** Attaches a server by hand that switches to any protocol for anybody. */
export function switchProtocols(app: INestApplication): void {
  (app.getHttpServer() as Server).on('upgrade', (_request, socket: Socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nopen');
  });
}
