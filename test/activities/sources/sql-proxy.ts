/** A TCP proxy before a database that falls silent once a given text was sent: a server that keeps no deadline. */
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface MuteProxy {
  port: number;
  stop(): Promise<void>;
}

export async function startMuteProxy(targetPort: number, silentAfter: string): Promise<MuteProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    let silent = false;
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => void (client.destroy(), target.destroy()));
    }
    client.on('data', (chunk) => {
      silent ||= chunk.includes(silentAfter);
      if (!silent) target.write(chunk);
    });
    target.on('data', (chunk) => client.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
